import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from kvae.data.decoding import decode, facts_of
from kvae.data.images import for_each
from kvae.errors import InputError

DEEP = np.linspace(0, 65535, 48).astype(np.uint16).reshape(6, 8)
# Red above, black below; every second column is transparent.
COLOURS = np.zeros((6, 8, 3), np.uint8)
COLOURS[:3, :, 0] = 255
OPACITY = np.tile(np.where(np.arange(8) % 2 == 0, 255, 0), (6, 1)).astype(np.uint8)
LAYERS = Image.fromarray(np.dstack([COLOURS, OPACITY]))
RED = 76 / 255  # the grey of it


def saved(tmp_path, image, name, **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def read(path, channels=1, dtype=np.uint8, background=1.0, size=(6, 8)):
    """Pixels in [0, 1]."""
    return decode(path, *size, channels, dtype, background) / np.iinfo(dtype).max


def big_endian(values):
    return Image.frombytes("I;16B", values.shape[::-1], values.astype(">u2").tobytes())


@pytest.mark.parametrize(
    "name, image, options",
    [
        ("a.png", Image.fromarray(DEEP), {}),
        ("a.tif", Image.fromarray(DEEP), {}),
        ("a.tif", Image.fromarray(DEEP), {"compression": "tiff_lzw"}),
        ("a.tif", big_endian(DEEP), {}),
        ("a.tif", Image.fromarray(65535 - DEEP), {"tiffinfo": {262: 0}}),
        ("a.pgm", Image.fromarray(DEEP), {}),
    ],
    ids=["png", "tif", "compressed tif", "big-endian tif", "tif whose white is zero", "pgm"],
)
def test_grey_values_of_16_bits_are_kept(tmp_path, name, image, options):
    path = saved(tmp_path, image, name, **options)
    assert facts_of(path).deep
    np.testing.assert_array_equal(read(path, dtype=np.uint16)[..., 0] * 65535, DEEP)
    np.testing.assert_array_equal(read(path, 3, np.uint16)[..., 2] * 65535, DEEP)
    # Resized, within a rounding of what floats give.
    small = Image.fromarray(DEEP.astype(np.float32)).resize((4, 3), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(read(path, dtype=np.uint16, size=(3, 4))[..., 0] * 65535, small, atol=1.5)


def test_values_of_12_bits_have_a_white_of_their_own(tmp_path):
    packed = np.array([0x00, 0x0F, 0xFF, 0x80, 0x00, 0x00], np.uint8)  # 000 FFF 800 000, two to three bytes
    pixels = np.array([0, 4095, 2048, 0])
    tags = [(256, 4, 4), (257, 4, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, 1), (279, 4, 6)]  # fmt: skip
    content = b"II*\0" + struct.pack("<I", 14) + packed.tobytes() + struct.pack("<H", len(tags))
    content += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags) + bytes(4)
    (tmp_path / "a.tif").write_bytes(content)
    assert facts_of(tmp_path / "a.tif").deep
    x = read(tmp_path / "a.tif", dtype=np.uint16, size=(1, 4))
    np.testing.assert_allclose(x[0, :, 0], pixels / 4095, atol=1e-5)


def test_8_bits_among_16_are_the_same_grey(tmp_path):
    values = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
    path = saved(tmp_path, Image.fromarray(values), "a.png")
    shallow, deep = (decode(path, 6, 8, 1, dtype, 1.0) for dtype in (np.uint8, np.uint16))
    np.testing.assert_array_equal(shallow[..., 0], values)
    np.testing.assert_array_equal(deep.astype(int), shallow.astype(int) * 257)


@pytest.mark.parametrize(
    "name, image, options",
    [
        ("a.png", LAYERS, {}),
        ("a.png", LAYERS.quantize(8), {}),  # an opacity per colour of the palette
        ("a.tif", LAYERS, {}),
        ("a.webp", LAYERS, {"lossless": True, "exact": True}),
        ("a.gif", LAYERS, {}),
    ],
    ids=["png", "palette", "tif", "webp", "gif"],
)
def test_the_background_shows_through_what_is_transparent(tmp_path, name, image, options):
    path = saved(tmp_path, image, name, **options)
    assert facts_of(path).transparent
    for background in (1.0, 0.0):
        seen = np.where(OPACITY[..., None] > 0, COLOURS / 255, background)
        np.testing.assert_allclose(read(path, 3, background=background), seen, atol=0.01)
        grey = np.where(OPACITY > 0, COLOURS[..., 0] / 255 * RED, background)
        np.testing.assert_allclose(read(path, 1, background=background)[..., 0], grey, atol=0.01)


def test_grey_with_opacity_and_colours_that_stand_for_transparent(tmp_path):
    la = saved(tmp_path, LAYERS.convert("LA"), "la.png")
    np.testing.assert_allclose(read(la)[0, :2, 0], [RED, 1.0], atol=0.01)
    colour = saved(tmp_path, Image.fromarray(COLOURS), "rgb.png", transparency=(255, 0, 0))
    np.testing.assert_allclose(read(colour, 3)[[0, -1], 0], [[1, 1, 1], [0, 0, 0]], atol=0.01)
    grey = saved(tmp_path, Image.fromarray(COLOURS).convert("L"), "l.png", transparency=0)
    np.testing.assert_allclose(read(grey)[[0, -1], 0, 0], [RED, 1.0], atol=0.01)
    deep = saved(tmp_path, Image.fromarray(DEEP), "deep.png", transparency=int(DEEP[0, 3]))
    expected = np.where(DEEP[0, 3] == DEEP, 0.25, DEEP / 65535)
    np.testing.assert_allclose(read(deep, dtype=np.uint16, background=0.25)[..., 0], expected, atol=1e-4)


def test_half_opaque_is_half_background(tmp_path):
    path = saved(tmp_path, Image.new("RGBA", (8, 6), (0, 0, 255, 51)), "a.png")
    np.testing.assert_allclose(read(path, 3)[2, 2], [0.8, 0.8, 1.0], atol=0.01)


def test_hidden_colours_do_not_bleed_when_an_image_is_resized(tmp_path):
    path = saved(tmp_path, LAYERS, "a.png")
    assert read(path, 3, size=(3, 4)).max() <= 1.0
    np.testing.assert_allclose(read(path, 3, background=0.0, size=(1, 1))[..., 1:], 0.0, atol=0.01)
    white = np.dstack([np.full_like(COLOURS, 255), OPACITY])
    np.testing.assert_allclose(read(saved(tmp_path, Image.fromarray(white), "w.png"), size=(3, 4)), 1.0)


@pytest.mark.parametrize("turn", range(1, 9))
def test_photos_are_upright(tmp_path, turn):
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
    exif = Image.Exif()
    exif[274] = turn
    options = {"jpg": {"quality": 100}, "webp": {"lossless": True}, "png": {}, "tif": {}}
    png = saved(tmp_path, Image.fromarray(pixels), "right.png", exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(png)))
    for ending, own in options.items():
        path = saved(tmp_path, Image.fromarray(pixels).convert("RGB"), f"a.{ending}", exif=exif, **own)
        assert facts_of(path).size == upright.shape[::-1]
        x = read(path, size=upright.shape)[..., 0]
        np.testing.assert_allclose(x, upright / 255, atol=0.03 if ending == "jpg" else 1e-6)
    assert (turn == 1) == np.array_equal(upright, pixels)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "1", "P", "RGBX"])
def test_colours_of_other_kinds_are_those_that_one_sees(tmp_path, mode):
    image = Image.fromarray(COLOURS)
    path = saved(tmp_path, image.quantize(4) if mode == "P" else image.convert(mode), "a.tif")
    expected = np.asarray(image.convert("1").convert("RGB") if mode == "1" else image) / 255
    np.testing.assert_allclose(read(path, 3), expected, atol=0.01)


def test_inks_of_a_jpeg_are_not_turned_round(tmp_path):
    path = saved(tmp_path, Image.new("CMYK", (8, 6), (0, 255, 255, 0)), "a.jpg")
    np.testing.assert_allclose(read(path, 3)[0, 0], [1, 0, 0], atol=0.02)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_of_several_pictures_the_first_is_taken(tmp_path, name):
    first, second = (Image.new("L", (8, 6), value) for value in (51, 204))
    options = {"lossless": True} if name == "a.webp" else {}
    path = saved(tmp_path, first, name, save_all=True, append_images=[second], **options)
    assert facts_of(path).several
    np.testing.assert_allclose(read(path), 0.2, atol=0.01)
    assert not facts_of(saved(tmp_path, first, name)).several


def test_a_photo_with_a_small_copy_behind_it_is_one_picture(tmp_path):
    photo = Image.new("RGB", (8, 6))
    assert not facts_of(saved(tmp_path, photo, "a.mpo", save_all=True, append_images=[photo])).several


@pytest.mark.parametrize(
    "image, expected",
    [
        (Image.new("F", (4, 4)), "holds floats: the value of white is not known"),
        (Image.new("I", (4, 4)), "holds signed or 32-bit numbers: the value of white is not known"),
        (Image.new("LAB", (4, 4)), "has LAB colours. Save it as RGB or grey"),
    ],
)
def test_values_whose_white_is_unknown_are_refused(tmp_path, image, expected):
    with pytest.raises(InputError, match=expected):
        facts_of(saved(tmp_path, image, "a.tif"))


def test_exif_that_is_damaged_says_nothing(tmp_path):
    path = saved(tmp_path, Image.new("L", (8, 6), 51), "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    (facts,), (x,) = for_each(facts_of, [path]), for_each(read, [path])
    assert facts.size == (8, 6)
    np.testing.assert_allclose(x, 0.2, atol=0.01)


def png16(colours):
    """A PNG of 16 bits per value, colours or grey with opacity, which Pillow does not write."""
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, channels = colours.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colours)
    head = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_colours_of_16_bits_are_cut_to_8_and_known_to_be(tmp_path):
    colours = np.stack([DEEP, DEEP // 2, DEEP // 3], axis=-1)
    (tmp_path / "a.png").write_bytes(png16(colours))
    assert facts_of(tmp_path / "a.png").cut
    np.testing.assert_allclose(read(tmp_path / "a.png", 3), colours / 65535, atol=1 / 255)


def test_grey_of_16_bits_with_opacity_is_cut_too_and_no_colour(tmp_path):
    (tmp_path / "a.png").write_bytes(png16(np.stack([DEEP, np.full_like(DEEP, 65535)], axis=-1)))
    facts = facts_of(tmp_path / "a.png")
    assert facts.cut and not facts.coloured and not facts.deep
    np.testing.assert_allclose(read(tmp_path / "a.png", 1)[..., 0], DEEP / 65535, atol=1 / 255)


def test_damage_is_told_in_words_of_ones_own(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(stream, "PNG")
    (tmp_path / "torn.png").write_bytes(stream.getvalue()[:-900])
    with pytest.raises(InputError, match=r"torn\.png cannot be read as an image: it is damaged or cut off"):
        read(tmp_path / "torn.png")
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(InputError, match=r"text\.png .*it holds no PNG, JPEG, TIFF, .*Repair or remove it"):
        facts_of(tmp_path / "text.png")
