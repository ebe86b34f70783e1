import contextlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kvae.data import images, load_data
from kvae.data.batches.buffers import Buffers
from kvae.data.images import read_images
from kvae.data.sources.images import Options
from kvae.data.stored import StoredRows
from kvae.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Two classes of two images: black and white squares of 4 x 6."""
    for label, value in (("black", 0), ("white", 255)):
        (tmp_path / label).mkdir()
        for i, ending in enumerate((".png", ".JPG")):
            Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(tmp_path / label / f"{i}{ending}")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


@pytest.mark.parametrize("channels", [1, 3])
def test_subfolders_are_labels_and_values_are_in_the_unit_range(folder, channels):
    raw = read_images(str(folder), 4, 6, channels)
    assert raw.x.shape == (4, 4, 6, channels)
    assert list(raw.labels) == ["black", "black", "white", "white"]
    np.testing.assert_allclose(raw.x.mean((1, 2, 3)), [0, 0, 1, 1], atol=0.01)


def test_images_are_resized(folder):
    assert read_images(str(folder), 8, 3, 1).x.shape == (4, 8, 3, 1)


def test_a_flat_folder_has_no_labels(folder):
    assert read_images(str(folder / "black"), 4, 6, 1).labels is None


def test_colour_channels_keep_their_order(tmp_path):
    Image.fromarray(np.full((2, 2, 3), [255, 0, 51], np.uint8)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_images(str(tmp_path), 2, 2, 3).x[0, 0, 0], [1.0, 0.0, 0.2], atol=1e-6)


def test_what_cannot_be_read_is_one_clear_error(folder):
    (folder / "black" / "torn.png").write_bytes(b"\x89PNG torn")
    with pytest.raises(InputError, match=r"torn\.png cannot be read as an image"):
        read_images(str(folder), 4, 6, 1)
    with pytest.raises(InputError, match="is no folder"):
        read_images(str(folder / "none"), 4, 6, 1)
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no image with the ending \.png, \.apng, \.jpg"):
        read_images(str(folder / "empty"), 4, 6, 1)


@pytest.fixture
def squares(tmp_path):
    """Sixty grey squares of their own value in three classes, as a folder, and what they decode to."""
    values = np.random.default_rng(0).integers(0, 256, (60, 4, 5)).astype(np.uint8)
    for i, value in enumerate(values):
        folder = tmp_path / "squares" / f"class{i // 20}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(value).save(folder / f"{i:03d}.png")
    return str(tmp_path / "squares"), values[..., None].astype(np.float32) / np.float32(255)


def load(path, **values):
    group = {"name": "images", "path": path, "height": 4, "width": 5, "test_fraction": 0.2, "split": "spread"}
    return load_data(Options(**group | values), seed=0)


@pytest.mark.parametrize("cache", [None, "memory", "disk"])
@pytest.mark.parametrize("split", ["spread", "last"])
def test_images_beyond_memory_are_those_in_memory(squares, monkeypatch, tmp_path, cache, split):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path, x = squares
    held, stored = load(path, split=split), load(path, split=split, memory=0, cache=cache)
    assert isinstance(stored.train.x, StoredRows) and isinstance(held.train.x, np.ndarray)
    for name in ("train", "test", "everything"):
        ours, theirs = getattr(stored, name), getattr(held, name)
        np.testing.assert_array_equal(ours.x[:], theirs.x)
        np.testing.assert_array_equal(ours.x[[5, 0]], theirs.x[[5, 0]])
        assert list(ours.labels) == list(theirs.labels)
    np.testing.assert_array_equal(stored.everything.x[:], x)


def test_scaling_of_images_beyond_memory_is_learnt_and_applied(squares):
    path, _ = squares
    for scale in ("minmax", "standard"):
        held, stored = load(path, scale=scale), load(path, scale=scale, memory=0)
        np.testing.assert_allclose(stored.train.x[:], held.train.x, atol=1e-6)
        assert stored.train.x.unit == (scale == "minmax")


def test_a_pass_mixes_single_images_of_all_classes(squares):
    path, x = squares
    rows = read_images(path, 4, 5, 1, memory=0, shuffle_rows=20).x
    batch, numbers = Buffers(rows, seed=0).take(0, 0, 20)
    np.testing.assert_array_equal(batch, x[numbers])
    assert set(numbers // 20) == {0, 1, 2}
    rest = Buffers(rows, seed=0).take(0, 20, 60)[1]
    assert sorted([*numbers, *rest]) == list(range(60))


def test_a_cache_on_disk_is_found_until_an_image_changes(squares, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path, x = squares
    first = read_images(path, 4, 5, 1, cache="disk").x
    np.testing.assert_array_equal(first, x)
    (kept,) = (tmp_path / "cache" / "kvae").iterdir()
    assert np.load(kept).dtype == np.uint8
    monkeypatch.setattr(images, "decode", None)  # whoever decodes fails
    np.testing.assert_array_equal(read_images(path, 4, 5, 1, cache="disk").x, x)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(f"{path}/class0/000.png")
    np.testing.assert_array_equal(read_images(path, 4, 5, 1, cache="disk").x[0], 0.0)


def test_a_cache_that_cannot_be_written_is_one_clear_error(squares, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"data.cache=disk cannot write .*Set XDG_CACHE_HOME"):
        read_images(squares[0], 4, 5, 1, cache="disk")


def test_what_is_no_image_is_found_before_the_first_pass(squares):
    Path(squares[0], "class0", "none.png").write_text("no image")
    with pytest.raises(InputError, match=r"none\.png cannot be read as an image"):
        read_images(squares[0], 4, 5, 1, memory=0)


def test_a_limit_decodes_no_more(squares, monkeypatch):
    seen = []
    read = images.decode
    monkeypatch.setattr(images, "decode", lambda file, *size: seen.append(file) or read(file, *size))
    assert len(read_images(squares[0], 4, 5, 1, limit=7).x) == len(seen) == 7


@pytest.fixture
def deep(tmp_path):
    """Two grey images, of 16 and of 8 bits, and what they are."""
    values = np.linspace(0, 65535, 20).astype(np.uint16).reshape(4, 5)
    (tmp_path / "deep").mkdir()
    Image.fromarray(values).save(tmp_path / "deep" / "a.png")
    Image.fromarray((values // 257).astype(np.uint8)).save(tmp_path / "deep" / "b.tif")
    return str(tmp_path / "deep"), np.stack([values / 65535, values // 257 / 255])[..., None].astype(np.float32)


@pytest.mark.parametrize("options", [{}, {"memory": 0}, {"memory": 0, "cache": "memory"}, {"cache": "disk"}])
def test_16_bits_are_kept_wherever_images_are(deep, monkeypatch, tmp_path, options):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path, x = deep
    for _ in range(2):  # written, and found again
        np.testing.assert_allclose(read_images(path, 4, 5, 1, **options).x[:], x, atol=1e-7)


def test_decoded_images_that_are_kept_depend_on_how_they_were_decoded(squares, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path, _ = squares
    transparent = Image.new("LA", (5, 4), (255, 0))
    transparent.save(f"{path}/class0/000.png")
    kept = tmp_path / "cache" / "kvae"
    for background in (0.0, 1.0):
        x = read_images(path, 4, 5, 1, cache="disk", background=background).x
        np.testing.assert_array_equal(x[0], background)
    assert len(list(kept.iterdir())) == 2
    monkeypatch.setattr("kvae.data.pixels.VERSION", -1)  # as an older kvae kept them
    read_images(path, 4, 5, 1, cache="disk")
    assert len(list(kept.iterdir())) == 3


def test_what_is_changed_in_images_is_said_once(tmp_path, caplog):
    Image.new("L", (10, 4), 9).save(tmp_path / "wide.png")
    Image.new("LA", (4, 4)).save(tmp_path / "clear.png")
    frames = [Image.new("L", (4, 4), value) for value in (0, 99)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    Image.fromarray(np.full((4, 4), 4095, np.uint16)).save(tmp_path / "dark.png")
    with caplog.at_level("INFO"):
        load(str(tmp_path), width=4)
    for text in (
        "1 of 4 images hold several pictures; only the first is read (such as moves.gif",
        "1 of 4 images are stretched to data.width=4 by data.height=4 (such as wide.png, 10 x 4 pixels)",
        "1 of 4 images may have transparent pixels, shown as data.background=1",
    ):
        assert caplog.text.count(text) == 1
    assert "colour" not in caplog.text
    assert "the brightest" not in caplog.text  # the transparent one is white
    (tmp_path / "clear.png").unlink()
    load(str(tmp_path), width=4)
    assert "the brightest of the 16-bit images is 4,095 of 65,535" in caplog.text


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_that_are_read_as_grey_are_named(tmp_path, caplog, channels):
    for name in "ab":
        Image.new("RGB", (4, 4), (9, 0, 0)).save(tmp_path / f"{name}.png")
    with caplog.at_level("INFO"):
        load(str(tmp_path), width=4, channels=channels)
    text = (
        "2 of 2 images are in colour and are read as grey; data.channels=3 keeps the colours (such as a.png, 4 x 4"
    )
    assert (text in caplog.text) == (channels == 1)


def test_a_background_is_what_the_config_says(tmp_path):
    Image.new("LA", (5, 4), (255, 0)).save(tmp_path / "a.png")
    Image.new("LA", (5, 4), (255, 0)).save(tmp_path / "b.png")
    assert load(str(tmp_path), background=0.5).train.x[0, 0, 0, 0] == np.float32(128 / 255)
    assert load(str(tmp_path)).train.x[0, 0, 0, 0] == 1.0


def test_all_that_cannot_be_read_is_told_at_once(squares):
    for name in "abcde":
        Path(squares[0], f"{name}.png").write_text("no image")
    with pytest.raises(InputError, match=r"a\.png cannot .*; .*b\.png .*; .*c\.png .*and 2 more files"):
        read_images(squares[0], 4, 5, 1)


def test_a_cache_without_a_home_is_one_clear_error(squares, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(InputError, match=r"data\.cache=disk needs a folder: set XDG_CACHE_HOME"):
        read_images(squares[0], 4, 5, 1, cache="disk")


def test_images_are_called_by_their_files(squares):
    data = load(squares[0])
    assert data.train.names_of(np.array([0, 1])) == ["class0/000.png", "class0/001.png"]
    assert data.everything.ids[-1] == "class2/059.png" and data.train.id_name == "file"
    assert load(squares[0], memory=0).everything.ids.tolist() == data.everything.ids.tolist()


def test_the_library_of_tiff_says_nothing_of_its_own(tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.tif", compression="tiff_lzw")
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[:60] + b"\xff" * 60 + content[120:])
    with contextlib.suppress(InputError):
        read_images(str(tmp_path), 4, 4, 1)
    assert capfd.readouterr().err == ""
