"""Every kind of bad data, each with the text that it must give; and odd data that is fine."""

import gzip
import io
import re
import struct
import zipfile

import numpy as np
import polars as pl
import pytest
from PIL import Image

from kvae.data import load_data
from kvae.data.checks import check_support
from kvae.data.options import options_for
from kvae.data.scaling import Scaling
from kvae.data.sources import file
from kvae.errors import InputError
from kvae.layers import Bernoulli

X = np.random.default_rng(0).random((12, 3))


def npy(array, **options):
    return {"x.npy": array}, {"path": "x.npy", **options}


def text(name, content, **options):
    return {name: content}, {"path": name, **options}


def images(files, **options):
    return {f"im/{name}": content for name, content in files.items()}, {
        "name": "images",
        "path": "im",
        "height": 4,
        "width": 4,
        **options,
    }


def picture(width=4, height=4, mode="L", file_format="PNG"):
    stream = io.BytesIO()
    Image.new(mode, (width, height)).save(stream, file_format)
    return stream.getvalue()


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def archive(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def encrypted(content):
    """An archive whose first array is marked as encrypted, in the eighth byte of its entry in the directory."""
    flags = content.index(b"PK\x01\x02") + 8
    return content[:flags] + b"\x01" + content[flags + 1 :]


def with_header(shape, descr="<f8", data=b"", magic=b"\x93NUMPY\x01\x00"):
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return magic + struct.pack("<H", len(header)) + header + data


def zipped(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def claimed_png(width, height):
    """A PNG whose header alone says how large it is."""
    content = bytearray(picture())
    content[16:24] = struct.pack(">II", width, height)
    import zlib

    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def claimed_tif(width, height):
    """A TIFF whose tags alone say how large it is."""
    content = bytearray(picture(file_format="TIFF"))
    (start,) = struct.unpack("<I", content[4:8])
    (n,) = struct.unpack("<H", content[start : start + 2])
    for at in range(start + 2, start + 2 + 12 * n, 12):
        tag = struct.unpack("<H", content[at : at + 2])[0]
        if tag in (256, 257):
            content[at : at + 12] = struct.pack("<HHII", tag, 4, 1, width if tag == 256 else height)
    return bytes(content)


def claimed_gif(size, picture_size):
    """A GIF of one size with a picture of another in it."""
    content = bytearray(picture(size, size, file_format="GIF"))
    at = content.index(b",")
    content[at + 5 : at + 9] = struct.pack("<HH", picture_size, picture_size)
    return bytes(content)


def claimed_bmp(width, height):
    content = bytearray(picture(file_format="BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    return bytes(content)


def changed(x, row, column, value):
    x = x.copy()
    x[row, column] = value
    return x


CSV = "a,b,c\n0.1,0.2,0.3\n0.4,0.5,0.6\n"
BOMB = zipped({"x.npy": with_header((2**24,), data=bytes(8 * 2**24))}, zipfile.ZIP_DEFLATED)
STRUCTURED = np.zeros(4, [("a", "f8"), ("b", "f8")])

# name: (files, options of the group data), text that must be in the message
REFUSED = {
    # the file
    "no file": (({}, {"path": "x.npy"}), "data.path=x.npy does not exist (looked in "),
    "no path": (({}, {}), "data=file needs data.path. For example: data=file data.path=x.csv"),
    "no folder": (
        ({}, {"name": "images"}),
        "data=images needs data.path. For example: data=images data.path=photos",
    ),
    "a folder": (
        ({"x.npy/a": "1"}, {"path": "x.npy"}),
        "data.path=x.npy is a folder; for a folder of images, type",
    ),
    "an unknown ending": (
        text("x.xlsx", "1"),
        "ending must be one of .npy, .npz, .txt, .csv, .tsv, .parquet. Received",
    ),
    "no ending": (text("x", "1"), "Received: ''"),
    "a pattern without files": (({}, {"path": "*.npy"}), "data.path=*.npy matches no file"),
    "shards of two endings": (
        ({"a.npy": X, "b.csv": CSV}, {"path": "*.*"}),
        "must match files with one ending of .npy, .parquet. Received: .csv, .npy",
    ),
    "shards of two widths": (
        ({"a.npy": X, "b.npy": X[:, :2]}, {"path": "*.npy"}),
        "b.npy holds rows of shape (2,)",
    ),
    "shards of two types": (
        ({"a.npy": X, "b.npy": X > 0}, {"path": "*.npy"}),
        "type bool, a.npy of (3,) and float64",
    ),
    # .npy
    "an empty npy": (text("x.npy", b""), "data.path=x.npy cannot be read as .npy: "),
    "a truncated npy": (
        text("x.npy", saved(X)[:-8]),
        "cut off or forged: its header promises shape (12, 3), 288 bytes",
    ),
    "a truncated header": (text("x.npy", saved(X)[:40]), "cannot be read as .npy: EOF: reading array header"),
    "a text named npy": (text("x.npy", CSV), "cannot be read as .npy: the magic string is not correct"),
    "a picture named npy": (text("x.npy", picture()), "cannot be read as .npy: the magic string is not correct"),
    "Python objects": (
        text("x.npy", saved(np.array([{}, {}]), allow_pickle=True)),
        "it holds Python objects, which",
    ),
    "a pickle": (
        text("x.npy", b"\x80\x04\x95\x0b\x00\x00\x00"),
        "EOF: reading magic string, expected 8 bytes got 7",
    ),
    "2^60 rows": (
        text("x.npy", with_header((2**60, 2**10))),
        "its header promises shape (1152921504606846976, 1024)",
    ),
    "negative rows": (text("x.npy", with_header((-4, 3))), "its header promises an array of shape (-4, 3)"),
    "code in a header": (
        text("x.npy", with_header("(__import__('os').getpid(),)")),
        "cannot be read as .npy: malformed node or string",
    ),
    "a future version": (text("x.npy", b"\x93NUMPY\x09\x00" + saved(X)[8:]), "cannot be read as .npy: "),
    "complex numbers": (
        npy(X + 1j),
        "data.path=x.npy must hold real numbers. Received: an array of type complex128",
    ),
    "text in an npy": (npy(np.array([["a", "b"]])), "must hold real numbers. Received: an array of type <U1"),
    "dates": (
        npy(np.zeros((3, 2), "datetime64[s]")),
        "must hold real numbers. Received: an array of type datetime64",
    ),
    "a structured array": (
        npy(STRUCTURED),
        "x.npy must have rows and columns. Received: an array of shape (4,)",
    ),
    "no axes": (npy(np.array(1.0)), "x.npy must have rows and columns. Received: an array of shape ()"),
    "one axis": (npy(X[:, 0]), "x.npy must have rows and columns. Received: an array of shape (12,)"),
    "zero rows": (npy(X[:0]), "data.path=x.npy holds no data. Received: an array of shape (0, 3)"),
    "zero columns": (npy(X[:, :0]), "data.path=x.npy holds no data. Received: an array of shape (12, 0)"),
    "one row to learn from and to hold out": (
        npy(X[:1], test_fraction=0.2),
        "of 1 rows leaves none to learn from; type",
    ),
    "NaN": (
        npy(changed(X, 7, 2, np.nan)),
        "finite numbers. Received: nan in row 7, column 2 (counted from 0). Remove",
    ),
    "infinity": (npy(changed(X, 0, 1, -np.inf)), "Received: -inf in row 0, column 1"),
    "huge values": (
        npy(changed(X, 3, 0, 1e300)),
        "numbers up to 3.4e+38, the largest of float32. Received: 1e+300 in row 3",
    ),
    "below 0 under bernoulli": (
        npy(changed(X, 5, 1, -0.25)),
        "needs data within [0, 1]. Received: -0.25 in row 5",
    ),
    "above 1 under bernoulli": (
        npy(X * 255),
        "Type data.scale=minmax (or a divisor, data.scale=255), or model.lik",
    ),
    "another shape": (npy(X, shape=[2, 2]), "data.shape=[2, 2] asks for 4 columns. Received: 3"),
    "a column that is not there": (
        npy(X, columns=[0, 9]),
        "data.columns=9: x.npy has no such column. It has 3: 0, 1, 2",
    ),
    "a label column that is not there": (npy(X, label_column=3), "data.label_column=3: x.npy has no such column"),
    # .npz
    "an empty npz": (text("x.npz", b""), "data.path=x.npz cannot be read as .npz: File is not a zip file"),
    "a truncated npz": (text("x.npz", archive(x=X)[:-30]), "cannot be read as .npz: File is not a zip file"),
    "an npz with a wrong sum": (
        text("x.npz", archive(x=X).replace(X[5].tobytes(), X[6].tobytes())),
        "cannot be read as .npz: Bad CRC-32",
    ),
    "an npz without arrays": (text("x.npz", zipped({})), "holds the arrays : choose one with data.key=NAME"),
    "an npz of two arrays": (
        text("x.npz", archive(a=X, b=X)),
        "holds the arrays a, b: choose one with data.key=NAME",
    ),
    "an npz without the array": (
        text("x.npz", archive(a=X), key="x"),
        "data.key=x: x.npz has no such array. It holds: a",
    ),
    "an npz with objects": (
        text("x.npz", zipped({"x.npy": saved(np.array([{}]), allow_pickle=True)})),
        "it holds Python objects, which are not read because they can run code",
    ),
    "an npz that is no array": (text("x.npz", zipped({"x.npy": b"no array"})), "cannot be read as .npz: "),
    "an npz that claims 2^60": (text("x.npz", zipped({"x.npy": with_header((2**60,))})), "cut off or forged"),
    "an npz that is a bomb": (
        text("x.npz", BOMB),
        "its array x takes 134,217,856 bytes in memory, more than 100 times the ",
    ),
    "an npz with a password": (
        text("x.npz", encrypted(archive(x=X))),
        "is encrypted, password required for extraction",
    ),
    "mnist in another layout": (
        ({"m.npz": archive(x=X)}, {"name": "mnist", "path": "m.npz"}),
        "must hold the arrays x_train, y_train, x_test, y_test. It holds: x. For another layout, type data=file",
    ),
    # text
    "an empty csv": (text("x.csv", ""), "data.path=x.csv cannot be read as .csv: "),
    "a header alone": (text("x.csv", "a,b\n"), "data.path=x.csv"),
    "a ragged csv": (text("x.csv", CSV + "1,2,3,4\n"), "data.path=x.csv cannot be read as .csv: "),
    "text in a number column": (
        text("x.csv", CSV + "1,2,many\n"),
        "must hold numbers, but column 'c' holds 'many' in line 4. You can learn the other columns with "
        "data.columns=[a,b]",
    ),
    "a missing field": (text("x.csv", CSV + "1,,3\n"), "Received: nan in row 2, column 1"),
    "csv in another encoding than is said": (
        text("x.csv", "gr\xf6\xdfe,b\n1,2\n".encode("latin-1"), encoding="utf-8"),
        "cannot be read as .csv: it is not in utf-8; type another data.encoding",
    ),
    "csv in an encoding that is not found out": (
        text("x.csv", b"a\x81,b\n1,2\n"),
        "it is not in cp1252; type another data.encoding, such as shift_jis, gb18030 or utf-16",
    ),
    "labels from two places": (
        text("x.csv", CSV, label_column="a", labels="y.txt"),
        "data.labels=y.txt and data.label_column=a both name labels. Type only one",
    ),
    "a gzip named csv": (text("x.csv", gzip.compress(CSV.encode())), "it is a gzip archive; unpack it first"),
    "a zip named csv": (text("x.csv", zipped({"x.csv": CSV})), "it is a zip archive; unpack it first"),
    "bytes named tsv": (text("x.tsv", bytes(100)), "data.path=x.tsv cannot be read as .tsv: it is no text"),
    "text in a txt": (
        text("x.txt", "1 2\n3 four\n"),
        "data.path=x.txt must hold numbers, but column 1 holds 'four' in line 2",
    ),
    "a ragged txt": (text("x.txt", "1 2\n3\n"), "cannot be read as .txt: line 2 has 1 fields, others have 2"),
    "a parquet that is none": (text("x.parquet", CSV), "data.path=x.parquet cannot be read as .parquet: "),
    "a truncated parquet": (
        text("x.parquet", "PAR1" + "x" * 50),
        "data.path=x.parquet cannot be read as .parquet: ",
    ),
    "an empty parquet": (text("x.parquet", b""), "data.path=x.parquet cannot be read as .parquet: "),
    # labels
    "labels of another length": (
        ({"x.npy": X, "y.txt": "1\n2\n"}, {"path": "x.npy", "labels": "y.txt"}),
        "y.txt must give one label per row, 12 in all. Received: shape (2,)",
    ),
    "labels that are not there": (
        ({"x.npy": X}, {"path": "x.npy", "labels": "y.txt"}),
        "data.labels=y.txt does not exist",
    ),
    "labels in a table": (
        ({"x.npy": X, "y.npy": X}, {"path": "x.npy", "labels": "y.npy"}),
        "data.labels=y.npy must hold one label per row. Received: shape (12, 3)",
    ),
    "labels that claim 2^60": (
        ({"x.npy": X, "y.npy": with_header((2**60,))}, {"path": "x.npy", "labels": "y.npy"}),
        "data.labels=y.npy cannot be read: it is cut off or forged",
    ),
    "labels of another alphabet": (
        ({"x.npy": X, "y.txt": b"\xff\xfe"}, {"path": "x.npy", "labels": "y.txt"}),
        "data.labels=y.txt cannot be read: 'utf-8' codec",
    ),
    # images
    "no such folder": (({}, {"name": "images", "path": "im"}), "data.path=im is no folder (looked in "),
    "a folder without images": (images({"a.txt": "1"}), "holds no image with the ending .png, .apng, .jpg"),
    "a text named png": (
        images({"a.png": "1,2"}),
        "a.png cannot be read as an image: it holds no PNG, JPEG",
    ),
    "a truncated png": (images({"a.png": picture(64, 64, "RGB")[:-40]}), "a.png cannot be read as an image: "),
    "a picture of a kind that is not read": (
        images({"a.png": picture(file_format="PCX")}),
        "cannot be read as an image: it holds no PNG",
    ),
    "a tif of 100,000 x 100,000": (
        images({"a.tif": claimed_tif(100_000, 100_000)}),
        "it has more than 60,000,000 pixels; shrink it first",
    ),
    "a gif whose picture is larger than it": (
        images({"a.gif": claimed_gif(4, 60_000)}),
        "it has more than 60,000,000 pixels; shrink it first",
    ),
    "a bmp of 10,000 x 10,000": (images({"a.bmp": claimed_bmp(10_000, 10_000)}), "pixels are more than 60"),
    "a ppm of 10,000 x 10,000": (images({"a.ppm": b"P6 10000 10000 255\n"}), "pixels are more than 60"),
    "floats without a white": (
        images({"a.tif": picture(mode="F", file_format="TIFF")}),
        "holds floats: the value of white is not known. Save it with 8 or 16 bits",
    ),
    "a png of 100,000 x 100,000": (
        images({"a.png": claimed_png(100_000, 100_000)}),
        "a.png cannot be read as an image",
    ),
    "a png of 10,000 x 10,000": (
        images({"a.png": claimed_png(10_000, 10_000)}),
        "10000 x 10000 pixels are more than 60",
    ),
    "an empty jpg": (images({"a.jpg": b""}), "a.jpg cannot be read as an image: it is empty"),
}


def make(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, np.ndarray):
            np.save(path, content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def load(files, options):
    values = {"name": "file", **options}
    config = options_for(values, typed=True)(**values)
    data = load_data(config, seed=0)
    check_support(data.train.x, Bernoulli.support, config)
    return data


@pytest.mark.filterwarnings("ignore:loadtxt:UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_one_clear_error(tmp_path, monkeypatch, name):
    (files, options), expected = REFUSED[name]
    monkeypatch.chdir(tmp_path)
    make(tmp_path, files)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError) as caught:
        load(files, options)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_there_are_at_least_sixty():
    assert len(REFUSED) >= 60


ODD = {
    "Fortran order": (npy(np.asfortranarray(X)), X),
    "big endian": (npy(X.astype(">f8")), X),
    "float16": (npy(X.astype(np.float16)), X.astype(np.float16)),
    "integers": (npy((X > 0.5).astype(np.int64)), X > 0.5),
    "booleans": (npy(X > 0.5), X > 0.5),
    "unsigned bytes": (npy((X * 255).astype(np.uint8), scale=255), (X * 255).astype(np.uint8) / 255),
    "tiny values": (npy(X * 1e-300), np.zeros_like(X)),
    "a constant column under standard": (
        npy(changed(np.tile([[0.5, 0.0]], (4, 1)), 0, 1, 0.0), scale="standard"),
        np.zeros((4, 2)),
    ),
    "one row": (npy(X[:1]), X[:1]),
    "one column": (npy(X[:, :1]), X[:, :1]),
    "a name with spaces and letters of other alphabets": (
        text("größe 数 x.csv", CSV),
        [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]],
    ),
    "lines that end as on Windows": (text("x.csv", CSV.replace("\n", "\r\n")), [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    "UTF-16": (text("x.csv", CSV.encode("utf-16")), [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    "a byte order mark": (text("x.csv", "\ufeff" + CSV), [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    "an npz whose member leads out of its folder": (text("x.npz", zipped({"../../x.npy": saved(X)})), X),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_read(tmp_path, monkeypatch, name):
    (files, options), expected = ODD[name]
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    make(folder, files)
    np.testing.assert_allclose(load(files, options).train.x, np.asarray(expected, np.float32), rtol=1e-6)
    assert not (tmp_path / "x.npy").exists()


def test_images_of_several_sizes_become_one(tmp_path, monkeypatch):
    files, options = images(
        {"a.png": picture(9, 3), "b.jpg": picture(2, 17, "RGB", "JPEG"), "c.png": picture(4, 4, "P")}
    )
    monkeypatch.chdir(tmp_path)
    make(tmp_path, files)
    assert load(files, options).train.x.shape == (3, 4, 4, 1)


def test_links_that_lead_round_are_neither_read_nor_followed_for_ever(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path, {"im/a.png": picture()})
    (tmp_path / "im" / "round").symlink_to(tmp_path / "im")
    (tmp_path / "im" / "self.png").symlink_to("self.png")
    (tmp_path / "x.npy").symlink_to("x.npy")
    with pytest.raises(InputError, match=r"data\.path=x\.npy does not exist"):
        load({}, {"path": "x.npy"})
    assert len(load(*images({})).train) == 1


def test_a_parquet_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": pl.Series([1.0], dtype=pl.Float32)}).select(
        pl.col("x").repeat_by(90_000_000).explode()
    ).write_parquet("x.parquet")
    with pytest.raises(InputError, match=r"its 90,000,000 rows of 1 columns take 360,000,000 bytes in memory"):
        load({}, {"path": "x.parquet"})


@pytest.mark.parametrize(
    "x, options, divisor",
    [
        ((X * 255).astype(np.uint8), {}, 255),
        ((X * 65535).astype(np.uint16), {}, 65535),
        ((X * 65535).astype(np.uint16), {"scale": 255}, 65535),
        ((X * 65535).astype(np.uint16), {"memory": 0}, 65535),
        (X - 0.5, {}, None),
        (X - 0.5, {"scale": 255}, None),
        (X * 1e6, {}, None),
        (X * 200, {"scale": "standard"}, None),
    ],
)
def test_what_bernoulli_advises_helps(tmp_path, monkeypatch, x, options, divisor):
    monkeypatch.chdir(tmp_path)
    files, options = npy(x, **options)
    make(tmp_path, files)
    with pytest.raises(InputError) as caught:
        load(files, options)
    named = re.search(r"data\.scale=minmax( \(or a divisor, data\.scale=(\d+)\))?, or", str(caught.value))
    assert named is not None and named[2] == (None if divisor is None else str(divisor))
    for scale in filter(None, ("minmax", divisor)):
        load({}, options | {"scale": scale})


def test_a_learnt_scaling_is_not_to_be_typed_away():
    with pytest.raises(InputError, match=r"the learnt run needs data within .*Convert the data to the units"):
        check_support(X * 255, Bernoulli.support, file.Options(path="x.npy"), Scaling())
