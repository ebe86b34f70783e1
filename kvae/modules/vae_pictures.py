"""Pictures of a VAE: reconstructions, and samples from its prior."""

import numpy as np

from kvae import model as models
from kvae import plots
from kvae.data import InputSpec, Part
from kvae.modules.message import Gaussian
from kvae.modules.missing_rows import only_known
from kvae.modules.table_rows import texts_of
from kvae.runs import ModuleFolder
from kvae.table import TableSpec

N_GENERATED = 50


def draw_reconstructions(vae: models.VAE, part: Part, spec: InputSpec, folder: ModuleFolder, mode: str) -> None:
    """Draw evenly spread rows beside their reconstructions."""
    n = min(len(part), plots.COLUMNS if spec.table is None else plots.ROWS)
    rows = np.linspace(0, len(part) - 1, n).astype(int)
    x = part.x[rows]
    if spec.table is not None:
        shown = x, vae.reconstruct(x), spec.table.columns, texts_of(spec.table)
        folder.write_figure(f"table_reconstructions_{mode}", plots.table_reconstructions, *shown)
        return
    given_back = spec.scaling.invert(x), spec.scaling.invert(vae.reconstruct(x))
    names = part.names_of(rows)
    folder.write_figure(f"reconstructions_{mode}", plots.reconstructions, *given_back, names, spec.axis)


def draw_samples(
    model: models.VAE, part: Part, spec: InputSpec, folder: ModuleFolder, message: Gaussian | None, seed: int
) -> None:
    """Draw samples from the prior, which is that of evenly spread learning rows where they have messages.

    Draws random numbers from `seed`.
    """
    part, message = only_known(model, part, message)
    means = None if message is None else message.mean[np.linspace(0, len(message) - 1, N_GENERATED).astype(int)]
    if spec.table is not None:
        draw_table_samples(model, part, spec.table, folder, message, seed)
        return
    generated = spec.scaling.invert(model.generate(N_GENERATED, means, seed=seed))
    x = spec.scaling.invert(part.x[:1000])
    folder.write_figure("samples", plots.samples, generated, float(x.min()), float(x.max()), x, spec.axis)


def draw_table_samples(
    model: models.VAE, part: Part, table: TableSpec, folder: ModuleFolder, message: Gaussian | None, seed: int
) -> None:
    """Draw generated rows, which are draws from p(x|z), beside as many rows of the data."""
    n = plots.ROWS
    rows = np.linspace(0, len(part) - 1, min(n, len(part))).astype(int)
    means = None if message is None else message.mean[np.linspace(0, len(message) - 1, n).astype(int)]
    condition = part.x[np.resize(rows, n)] if model.likelihood.given else None  # of a conditional model
    generated = model.generate(n, means, seed=seed, draw="sample", condition=condition)
    shown = part.x[rows], generated, table.columns, texts_of(table)
    folder.write_figure("table_samples", plots.table_samples, *shown)
