"""The pictures of a report: in which order they come, and their bytes."""

import base64
import contextlib
import importlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvae.runs import RunFolder
from kvae.runs.captions import DECLARED, PNG, Caption, caption_named, in_words, kept_caption
from kvae.runs.plain import open_plain, read_plain

# Of one picture, and of all that a page holds: more than kvae draws.
PNG_BYTES, PAGE_BYTES = 2**25, 2**27
# In which a picture keeps its caption, before its pixels.
CAPTION_BYTES = 2**13


@dataclass(frozen=True)
class Picture:
    """A picture as the page holds it: its name, caption, PNG bytes and size in pixels."""

    name: str
    caption: Caption
    png: bytes
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def pictures_of(folder: RunFolder) -> list[Picture]:
    """The pictures of a run; of one that was cut off, the losses that its checkpoint has kept."""
    pictures: list[Picture] = []
    left = PAGE_BYTES
    for path in folder.pictures():
        picture = read(path, folder.path)
        if picture is not None and len(picture.png) <= left:
            left -= len(picture.png)
            pictures.append(picture)
    if not any(picture.name.endswith("/loss.png") for picture in pictures):
        rows = folder.vae.read_kept_log()
        if rows and all(row.keys() >= {"iteration", "loss", "reconstruction", "kl"} for row in rows):
            from kvae import plots

            pictures.append(drawn(plots.loss_curve(rows), "loss"))
    return sorted(pictures, key=lambda picture: (picture.caption.place, picture.name))


def caption_in(png: bytes, stem: str) -> Caption:
    """What one sees in a picture, by what it says itself, or, of one by an earlier version, by its name."""
    kept = kept_caption(png)
    if kept is not None:
        return kept
    importlib.import_module("kvae.plots")  # which declares what its pictures show
    return caption_named(stem, DECLARED) or Caption(in_words(stem), alt=in_words(stem))


def first_of(folder: RunFolder) -> Picture | None:
    """The picture that a report shows first below the curves; None of a run without any."""
    found = []
    for path in folder.pictures():
        with contextlib.suppress(OSError, ValueError), open_plain(path) as file:
            caption = caption_in(file.read(CAPTION_BYTES), path.stem)
            found.append((caption.section == "curves", caption.place, str(path), path))
    return read(min(found)[-1], folder.path) if found else None


def read(path: Path, root: Path) -> Picture | None:
    """A PNG file; None of one that is none, or cannot be read."""
    try:
        png = read_plain(path, PNG_BYTES)
    except (OSError, ValueError):
        return None
    size = size_of(png)
    return Picture(path.relative_to(root).as_posix(), caption_in(png, path.stem), png, *size) if size else None


def drawn(figure: Any, stem: str) -> Picture:
    """A figure that is in no file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, format="png")
    png = buffer.getvalue()
    size = size_of(png)
    assert size is not None
    return Picture(stem, caption_in(png, stem), png, *size)


def size_of(png: bytes) -> tuple[int, int] | None:
    """Width and height, from the header that every PNG begins with."""
    if len(png) < 24 or not png.startswith(PNG):
        return None
    width, height = struct.unpack(">II", png[16:24])
    return width, height
