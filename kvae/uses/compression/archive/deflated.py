"""The deflated JSON of a header: small, and no larger unpacked than a header is."""

import zlib

# A header that unpacks to more, and to more than so many times its bytes, was made to fill the memory.
MANY_BYTES, EXPANSION, MOST_BYTES = 2**20, 100, 2**26

# What most headers hold: the packer refers to it. It belongs to the format version, and is not to be changed.
OFTEN = (
    b'"unit":"","kind":"categories":["number","names":["name","columns":["pandas","polars","array","dtype":"bool","int64",'
    b'"float32","float64","uint8","low":0,"high":255,"step":1,"scale":"divisor","minmax","standard","none","values":'
    b'"laplace","poisson","gaussian","categorical","logistic","mixture","beta_binomial","binomial","n":16},"bernoulli",'
    b'"lossy":{"bits":"messages":true,"with_model":true,"form":{},"kvae":"0.1.0","coder":"1",'
    b'"constriction":"0.5.0","rows_per_chunk":10000,"precision":[4,5,4,3,3,2,2,5,6,4,4,4,3,3,3,2,2,2,1,1,1,0,0,0],'
    b'"likelihood":{"name":"data_shape":[28,28,1],"n":1000,"model":"","fingerprint":"0123456789abcdef'
)


def deflate(plain: bytes) -> bytes:
    """Deflated bytes, with `OFTEN` before them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, OFTEN)
    return packer.compress(plain) + packer.flush()


def inflate(packed: bytes) -> bytes:
    """What `deflate` took.

    Raises:
        ValueError: When it is damaged, or unpacks to more than a header has.
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
