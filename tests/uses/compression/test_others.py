"""What other compressors make of levels: in their best form, and as files that their own readers give back."""

import bz2
import gzip
import io
import lzma

import numpy as np
import pytest
from PIL import Image

from kvae.data import sheets
from kvae.uses.compression import others

rng = np.random.default_rng(0)


def test_sizes_are_those_of_what_the_compressors_write():
    levels = rng.integers(0, 17, (40, 6, 6, 1))
    found = others.sizes_of_others(levels, 17)
    rows = levels.reshape(40, 36).astype(np.uint8)
    forms = [rows.tobytes(), rows.T.tobytes()]
    for name, compress in {"gzip": gzip.compress, "bz2": bz2.compress}.items():
        assert found[f"{name}"] == 8 * min(len(compress(form, 9)) for form in forms) / levels.size
    largest = [lzma.compress(form, preset=9 | lzma.PRESET_EXTREME) for form in forms]
    assert found["xz"] == 8 * min(map(len, largest)) / levels.size
    assert list(found)[-2:] == ["png", "webp"]


def test_zstd_is_measured_where_it_is_installed(monkeypatch):
    pytest.importorskip("zstandard", reason="the extra [compress] is not installed")
    levels = rng.integers(0, 300, (50, 4))
    assert {"gzip", "bz2", "xz", "zstd"} == others.sizes_of_others(levels, None).keys()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert {"gzip", "bz2", "xz"} == others.sizes_of_others(levels, None).keys()


@pytest.mark.parametrize(("n_values", "n_bytes"), [(2, 13), (4, 25), (16, 50), (256, 100), (257, 200)])
def test_every_form_holds_all_values(n_values, n_bytes):
    levels = rng.integers(0, n_values, (20, 5))
    forms = others.forms_of(levels, n_values)
    assert min(map(len, forms)) == n_bytes
    kind = np.uint8 if n_values <= 256 else np.uint16
    np.testing.assert_array_equal(np.frombuffer(forms[0], kind).reshape(20, 5), levels)
    np.testing.assert_array_equal(np.frombuffer(forms[1], kind).reshape(5, 20), levels.T)
    if n_values == 257:
        low, high = np.frombuffer(forms[2], np.uint8).reshape(2, 20, 5).astype(int)
        np.testing.assert_array_equal(low + 256 * high, levels)
    elif n_values <= 16:
        bits = n_bytes * 8 // 100
        numbers = np.unpackbits(np.frombuffer(forms[2], np.uint8))[: 100 * bits].reshape(100, bits)
        np.testing.assert_array_equal(numbers @ 2 ** np.arange(bits)[::-1], levels.reshape(-1))


@pytest.mark.parametrize(("channels", "n_values"), [(1, 2), (1, 17), (1, 9), (1, 256), (3, 256)])
def test_a_sheet_holds_all_images(monkeypatch, channels, n_values):
    files = []

    def keep(picture, kind, **options):
        file = io.BytesIO()
        picture.save(file, kind, **options)
        files.append(file)
        return len(file.getvalue())

    monkeypatch.setattr(sheets, "saved", keep)
    images = rng.integers(0, n_values, (7, 4, 5, channels))
    sizes = sheets.sheet_bytes(images, n_values)
    assert list(sizes.values()) == [len(file.getvalue()) for file in files]
    for name, file in zip(sizes, files, strict=True):
        picture = Image.open(file)
        mode = picture.convert("L" if picture.mode == "1" else picture.mode)
        pixels = np.asarray(mode).reshape(mode.height, mode.width, -1)[..., :channels].astype(int)
        pixels = pixels // 255 if picture.mode == "1" else pixels
        across = mode.width // 5
        for i, image in enumerate(images):
            down, right = divmod(i, across)
            found = pixels[down * 4 : down * 4 + 4, right * 5 : right * 5 + 5]
            np.testing.assert_array_equal(found, image, err_msg=name)
    few = {2: 1, 9: 4}.get(n_values, 8)
    assert files[0].getvalue()[24] == few  # IHDR's bit depth


@pytest.mark.parametrize(
    ("n", "per_chunk", "row_values"), [(1000, 100, 2**16), (10, 3, 1), (5, 5, 2**24), (1, 9, 1)]
)
def test_a_sample_is_bounded_and_spread(n, per_chunk, row_values):
    sample = others.Sample(n, per_chunk, (row_values,))
    for number, start in enumerate(range(0, n, per_chunk)):
        sample.take(number, np.arange(start, min(start + per_chunk, n))[:, None])
    rows = sample.levels[:, 0]
    assert len(rows) >= 1 and (len(rows) == 1 or len(rows) * row_values <= others.MOST_BYTES)
    assert rows[0] == 0 and len(set(rows.tolist())) == len(rows)
    assert sample.whole == (len(rows) == n) and (not sample.whole or n in (10, 1))
