"""The pictures of a report: what one sees in each, in which order they come, and their bytes."""

import base64
import io
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvae.runs import RunFolder
from kvae.runs.plain import read_plain

# Of one picture, and of all that a page holds: more than kvae draws.
PNG_BYTES, PAGE_BYTES = 2**25, 2**27
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Caption:
    """What one sees in a picture.

    Attributes:
        title: Its heading.
        text: What is drawn, and how to read it.
        alt: What a reader who cannot see it is told is there.
        section: `curves` or `pictures`.
    """

    title: str
    text: str = ""
    alt: str = ""
    section: str = "pictures"


# By how file names begin, in the order in which they are shown. A mode that draws something else adds its line.
CAPTIONS = {
    "loss": Caption(
        "Learning curves",
        "Loss and its two terms by iteration; the axis leaves the first steep fall out. Curves that have become "
        "flat have come to their end; a held-out curve that turns up again means overfitting.",
        "Line charts of the loss, the reconstruction and the KL divergence by iteration",
        "curves",
    ),
    "rounds": Caption(
        "Agreement with the labels by round",
        "How well the classes of the mixture agree with the labels, which learning does not see, after each round "
        "of messages.",
        "Line chart of accuracy, NMI and ARI by round",
        "curves",
    ),
    "reconstructions": Caption(
        "Originals and reconstructions",
        "Evenly spread observations and what the decoder makes of their latent codes (posterior means), in the "
        "data's own units.",
        "Observations beside their reconstructions",
    ),
    "samples": Caption(
        "Samples from the prior",
        "Observations that the model makes up: decoded draws from the prior, whose mean is the message of a "
        "learning row where messages are sent.",
        "Generated observations",
    ),
    "generated": Caption(
        "Generated observations",
        "Means of p(x|z) at the drawn codes; the originals that they belong to, if any, stand first.",
        "Generated observations",
    ),
    "kl_per_dim": Caption(
        "KL per latent dimension",
        "How much each dimension tells of an observation, the largest first. Dimensions near zero hold nothing.",
        "Bar chart of the KL divergence of each latent dimension",
    ),
    "traversal": Caption(
        "Traversal",
        "One latent dimension changes at a time, in standard deviations of the codes from the mean code; the "
        "others stay where they are.",
        "Rows of observations, each along one latent dimension",
    ),
    "components": Caption(
        "Components of the mixture", "The decoded mean of each component, and how many rows belong to it.",
        "Decoded means of the components",
    ),
    "latent_round1": Caption(
        "Latent codes after round 1", "The same map before the mixture had sent a message: compare how the "
        "groups are set apart.", "Scatter plot of latent codes after the first round",
    ),
    "latent": Caption(
        "Latent codes",
        "A point per observation at its posterior mean, in the first two principal components where there are "
        "more than two dimensions. Colours and names are the labels, which learning does not see.",
        "Scatter plot of latent codes",
    ),
    "confusion": Caption(
        "Classes against labels",
        "How many rows of each label are in each class. The order of the classes matches the labels best: a good "
        "clustering has its counts on the diagonal.",
        "Table of counts of labels by classes",
    ),
    "scores": Caption(
        "Anomaly scores",
        "How the scores of learning rows and of scored rows are spread. Rows right of the threshold are flagged.",
        "Histograms of anomaly scores with the threshold",
    ),
    "anomalies": Caption(
        "The most anomalous observations", "Those with the highest scores, and what the decoder makes of them.",
        "Observations with high scores beside their reconstructions",
    ),
}  # fmt: skip


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


def key_of(stem: str) -> str | None:
    """The caption for a file name without its ending; the longest beginning that fits."""
    return max((key for key in CAPTIONS if stem == key or stem.startswith(f"{key}_")), key=len, default=None)


def caption_of(stem: str) -> Caption:
    """What one sees in a picture; of one that the table lacks, its name in words."""
    key = key_of(stem)
    if key is not None:
        return CAPTIONS[key]
    title = stem.replace("_", " ").strip().capitalize()
    return Caption(title, alt=title)


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Pictures in the order of the captions; those without one come last, by name."""
    keys = list(CAPTIONS)

    def place(path: Path) -> tuple[int, str]:
        key = key_of(path.stem)
        return (len(keys) if key is None else keys.index(key), path.as_posix())

    return sorted(paths, key=place)


def pictures_of(folder: RunFolder) -> list[Picture]:
    """The pictures of a run; of one that was cut off, the losses that its checkpoint has kept."""
    pictures: list[Picture] = []
    left = PAGE_BYTES
    for path in in_order(folder.pictures()):
        picture = read(path, folder.path)
        if picture is not None and len(picture.png) <= left:
            left -= len(picture.png)
            pictures.append(picture)
    if not any(picture.name.endswith("/loss.png") for picture in pictures):
        rows = folder.vae.read_kept_log()
        if rows and all(row.keys() >= {"iteration", "loss", "reconstruction", "kl"} for row in rows):
            from kvae import plots

            pictures.insert(0, drawn(plots.loss_curve(rows), "loss"))
    return pictures


def read(path: Path, root: Path) -> Picture | None:
    """A PNG file; None of one that is none, or cannot be read."""
    try:
        png = read_plain(path, PNG_BYTES)
    except (OSError, ValueError):
        return None
    size = size_of(png)
    return Picture(path.relative_to(root).as_posix(), caption_of(path.stem), png, *size) if size else None


def drawn(figure: Any, stem: str) -> Picture:
    """A figure that is in no file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120, format="png")
    png = buffer.getvalue()
    size = size_of(png)
    assert size is not None
    return Picture(stem, caption_of(stem), png, *size)


def size_of(png: bytes) -> tuple[int, int] | None:
    """Width and height, from the header that every PNG begins with."""
    if len(png) < 24 or not png.startswith(PNG):
        return None
    width, height = struct.unpack(">II", png[16:24])
    return width, height
