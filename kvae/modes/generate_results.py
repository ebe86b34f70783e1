"""Generated observations, and the files that `mode=generate` writes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kvae.options.schema import check
from kvae.runs import RunFolder

if TYPE_CHECKING:
    from kvae.uses.opened import Opened

SHOWN = 100

# Names of the files that the mode may write to the folder of the VAE.
RESULTS = r"[xz]_generate\.(txt|npy|csv)|generated(_table)?\.png"


@dataclass(frozen=True)
class Made:
    """Generated observations.

    Attributes:
        x: In the model's units, `(n, *data_shape)`.
        z: Their codes, `(n, latent_dim)`.
        title: What they are.
        originals: Observations around or between which they were generated, `(m, *data_shape)`, or rows of a table
            to show beside them; None: there are none.
        names: Names of `originals`.
        ordered: Whether `x` leads from the first of `originals` to the second.
    """

    x: np.ndarray
    z: np.ndarray
    title: str
    originals: np.ndarray | None = None
    names: tuple[str, ...] = ()
    ordered: bool = False


def write(learnt: Opened, folder: RunFolder, made: Made) -> None:
    """Write observations and codes, both with a row per sample, a sheet, and images."""
    folder.beside = {"sample": range(len(made.x))}
    if learnt.spec.table is not None:
        write_table_rows(learnt, folder, made)
    else:
        write_observations(learnt, folder, made)
    folder.beside = {"sample": range(len(made.x))}
    folder.vae.write_rows("z_generate", made.z)


def write_observations(learnt: Opened, folder: RunFolder, made: Made) -> None:
    """Write observations of any shape, a sheet, and images."""
    from kvae import plots

    invert = learnt.spec.scaling.invert
    x, originals = invert(made.x), None if made.originals is None else invert(made.originals)
    low, high = grey_range(learnt, x)
    folder.vae.write_rows("x_generate", x, learnt.spec.columns)
    if plots.is_image(x.shape[1:]):
        folder.vae.write_images("generated", (x - low) / ((high - low) or 1.0))
    shown = x[:SHOWN], low, high, made.title, originals
    folder.vae.write_figure("generated", plots.generated, *shown, made.names, made.ordered, learnt.spec.axis)


def grey_range(learnt: Opened, x: np.ndarray) -> tuple[float, float]:
    """The values of black and white in the data's own units; where unknown, the smallest and largest of `x`."""
    if check(learnt.plain).data.IN_UNIT_RANGE:
        return 0.0, 1.0
    support = learnt.support
    if support is not None and support.width is not None and np.ndim(learnt.spec.scaling.offset) == 0:
        low, high = learnt.spec.scaling.invert(np.array([support.lowest, support.highest], np.float32))
        return float(low), float(high)
    return float(x.min()), float(x.max())


def write_table_rows(learnt: Opened, folder: RunFolder, made: Made) -> None:
    """Write rows of a table in the form of the learnt table, and a picture of its columns."""
    from kvae import plots
    from kvae.data.table import as_written, complete
    from kvae.modules.table_rows import texts_of

    table = learnt.spec.table
    assert table is not None
    folder.beside = {}  # nothing but the table's own columns
    form = table.text
    with folder.vae.frames_writer("x_generate", len(made.x), form.separator, missing=form.missing) as append:
        append(as_written(complete(made.x, table), table))
    shown = made.x, made.title, made.originals, made.names, table.columns, texts_of(table)
    folder.vae.write_figure("generated_table", plots.generated_table, *shown)
