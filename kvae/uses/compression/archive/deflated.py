"""The deflated JSON of a header, with a limit on its unpacked size."""

import zlib

# A header may unpack to MANY_BYTES, or to EXPANSION times its size, but to at most MOST_BYTES: a limit against
# headers that are made to fill the memory.
MANY_BYTES, EXPANSION, MOST_BYTES = 2**20, 100, 2**26

# Text that is frequent in headers, the preset dictionary of deflate. It is part of the format and must not change.
OFTEN = (
    b'"notes":{"pandas":"ARROW:schema":"unit":"names":["named":true}"numbered":true}"index":{"name":"type":"from":[0,1]},'
    b'"Boolean","Decimal(10,2)","Int128","boolean","object","string","str","datetime64[ns]","timedelta64[us]","bool","|b1","|i1",'
    b'">f4",">f8","<f2","<i2","<u2","<u4","<u8","UInt8","UInt16","UInt32","UInt64","Int8","Int16","Int32","Float32","Float64",'
    b'"Int64","Int64","int8","int16","int32","uint8","uint16","uint32","float32","float64","float64","int64","int64",'
    b'".tsv",".txt",".csv","encoding":"iso8859-1","cp1252","utf-8","separator":"\\t",";",",","width":"above":"id,name,x,y,class,label",'
    b'"end":"\\r\\n"},"end":"\\n"},"features":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],"fortran":true},'
    b'"columns":["x","types":["text","table","decimals":"sign":".","words":"styles":[{"dtype":"bits":8,"lossy":{"bits":4},'
    b'"staged_mixture","logistic_mixture","n_components":5,"n_levels":256},"categorical","negative_binomial","poisson",'
    b'"beta_binomial","gaussian","laplace","binomial","n":16},"bernoulli"},"precision":[4,5,3,2,4,3,5,6,1,1,1,2,2,2,3,3,3,4,4,4,5,5],'
    b'"rows_per_chunk":10000,"form":{"kind":"pandas","head":{"columns":["kind":"array","head":{"type":"<i8","shape":[28,28]},'
    b'"maps":[{"type":"text","first":0,"step":1,"levels":[0,"values":[0.0,1.0]}]},"type":"<f8","first":0,"step":1,"over":1,'
    b'"over":16,"over":255,"type":"|u1","first":0,"step":1,"levels":[0,256]}]},"type":"<f4","first":0,"step":1,"levels":[0,17]}]},'
    b'"levels":[0,2]}]},"messages":true,"with_model":true,"model":"0123456789abcdef","coder":"1","constriction":"0.5.0",'
    b'"kvae":"0.1.0"}{"fingerprint":"0123456789abcdef","n":10000,"data_shape":[8,8,1],"data_shape":[28,28,1],'
    b'"likelihood":{"name":"'
)


def deflate(plain: bytes) -> bytes:
    """Deflate bytes with the preset dictionary `OFTEN`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, OFTEN)
    return packer.compress(plain) + packer.flush()


def inflate(packed: bytes) -> bytes:
    """The inverse of `deflate`.

    Raises:
        ValueError: When the bytes are damaged, or unpack to more than a header may have.
    """
    unpacker = zlib.decompressobj(-15, OFTEN)
    most = min(MOST_BYTES, max(MANY_BYTES, EXPANSION * len(packed)))
    try:
        plain = unpacker.decompress(packed, most)
    except zlib.error as error:
        raise ValueError(f"its header cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise ValueError(
            f"its header unpacks to more than {most:,} bytes and may have been made to fill the memory"
        )
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("its header cannot be unpacked: it does not end where it should")
    return plain
