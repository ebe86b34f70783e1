import numpy as np
import pytest
from PIL import Image

from kvae.data.images import read_images
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
    with pytest.raises(InputError, match=r"holds no image with the ending \.png, \.jpg, \.jpeg"):
        read_images(str(folder / "empty"), 4, 6, 1)
