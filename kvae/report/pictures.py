"""The pictures of a report: their order and their bytes."""

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

# The most bytes of one picture, and of all pictures of a page: more than kvae draws.
PNG_BYTES, PAGE_BYTES = 2**25, 2**27
# The first bytes of a picture, which hold its caption.
CAPTION_BYTES = 2**13


@dataclass(frozen=True)
class Picture:
    """A picture of a page: its name, caption, PNG bytes and size in pixels."""

    name: str
    caption: Caption
    png: bytes
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def pictures_of(folder: RunFolder) -> list[Picture]:
    """The pictures of a run; for an unfinished run also the loss curve of its checkpoint."""
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
    """The caption stored in a picture; for one without, as of an earlier version, that for its name."""
    kept = kept_caption(png)
    if kept is not None:
        return kept
    importlib.import_module("kvae.plots")  # declares the captions of its pictures
    return caption_named(stem, DECLARED) or Caption(in_words(stem), alt=in_words(stem))


def first_of(folder: RunFolder) -> Picture | None:
    """The first picture of a report that is no curve, else its first curve; None without pictures."""
    found = []
    for path in folder.pictures():
        with contextlib.suppress(OSError, ValueError), open_plain(path) as file:
            caption = caption_in(file.read(CAPTION_BYTES), path.stem)
            found.append((caption.section == "curves", caption.place, str(path), path))
    return read(min(found)[-1], folder.path) if found else None


def read(path: Path, root: Path) -> Picture | None:
    """The picture in a PNG file; None if it is no PNG, or cannot be read."""
    try:
        png = read_plain(path, PNG_BYTES)
    except (OSError, ValueError):
        return None
    size = size_of(png)
    return Picture(path.relative_to(root).as_posix(), caption_in(png, path.stem), png, *size) if size else None


def drawn(figure: Any, stem: str) -> Picture:
    """The picture of a figure that is not in a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, format="png")
    png = buffer.getvalue()
    size = size_of(png)
    assert size is not None
    return Picture(stem, caption_in(png, stem), png, *size)


def size_of(png: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a PNG; None for other bytes."""
    if len(png) < 24 or not png.startswith(PNG):
        return None
    width, height = struct.unpack(">II", png[16:24])
    return width, height
