"""Write the results of a VAE: latent codes, reconstructions, losses, and their pictures."""

import contextlib
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kvae import model as models
from kvae import plots
from kvae.data import Data, InputSpec, Part
from kvae.data.pieces import pieces
from kvae.data.stored import Rows, StoredRows
from kvae.data.table import as_spelled, decode
from kvae.explorer.exploration import Exploration
from kvae.metrics import Spread, bits_per_dim
from kvae.modules.by_column import measure_columns
from kvae.modules.message import Gaussian
from kvae.modules.missing_rows import draw_predictions, known_in, write_rows
from kvae.modules.model_file import save_vae
from kvae.modules.vae import VAE
from kvae.modules.vae_losses import Losses, measure
from kvae.modules.vae_pictures import draw_reconstructions, draw_samples
from kvae.runs import MANY_NUMBERS, ModuleFolder, RunFolder
from kvae.table import Column

log = logging.getLogger(__name__)


def warn_if_large(part: Part, spec: InputSpec, folder: RunFolder) -> None:
    """Warn that the reconstructions will make a text file that is large and slow to read."""
    numbers, of_table = len(part) * math.prod(spec.shape), spec.table is not None
    # The reconstructions of a table are a .csv in every format.
    if numbers <= MANY_NUMBERS or (folder.format == "npy" and not of_table):
        return
    less = "mode.x_hat=false leaves it out" if of_table else "format=npy writes a smaller, faster one"
    log.warning("warning: the reconstructions are a text file of %s numbers; %s", f"{numbers:,}", less)


@dataclass(frozen=True)
class Results:
    """Results that stay in memory after they are written.

    Attributes:
        z_mean: Posterior means `(n, latent_dim)`; None for stored data, unless `keep` asks for them.
        active_units: Number of active latent dimensions, whose posterior means vary over the observations.
    """

    z_mean: np.ndarray | None
    active_units: int


def write_results(
    vae: models.VAE,
    part: Part,
    spec: InputSpec,
    folder: ModuleFolder,
    mode: str,
    latent: str = "mean",
    keep: bool = False,
    x_hat: bool = True,
    seed: int | None = None,
    message: Gaussian | None = None,
    truth: Rows | None = None,
    losses: Losses | None = None,
    seen: Callable[[], None] = lambda: None,
) -> Results:
    """Write `z_{mode}`, `x_hat_{mode}` and their pictures, piece by piece.

    Reconstructions are the means of p(x|z) at the posterior means, in the data's own units. The code of a missing
    row is the mean of its message, NaN without one, and its reconstruction is decoded from that.

    Args:
        vae, part, spec, folder: The model, the rows, what it expects of observations, and the module's folder.
        mode: `learn` or `recog`.
        latent: `mean`: the codes are posterior means; `sample`: one draw from each posterior.
        keep: Whether to keep the posterior means in memory, whatever their number.
        x_hat: Whether to write reconstructions.
        seed: Seed of the draws; None: the model's.
        message: The message from above for the rows, used for missing rows.
        truth: The true rows `(n, *data_shape)`, drawn beside the predictions for missing rows in
            `predictions_{mode}`; None: not known.
        losses: Gets the rows as they are read, if no row is missing.
        seen: Called after all rows are read and before the files appear.
    """
    n, known = len(part), known_in(vae, part.x)
    if not known.all():
        seen()
        return write_gappy(vae, part, spec, folder, mode, latent, x_hat, seed, message, truth, losses)
    spread, kept, shown = Spread(), [], Shown(n)
    exploration = Exploration(vae, part, spec, None if losses is None else losses.prior)
    keep = keep or not isinstance(part.x, StoredRows)
    seed = vae.seed if seed is None else seed
    with contextlib.ExitStack() as files:
        write_z = files.enter_context(folder.rows_writer(f"z_{mode}", n, (vae.latent_dim,)))
        if x_hat:
            write_x_hat = files.enter_context(x_hat_writer(f"x_hat_{mode}", n, spec, folder))
        for start, x in pieces(part.x):
            z_mean, z_log_var = vae.encode(x)
            z, x_hats = z_mean, None
            if latent == "sample":
                z, seed = vae.sample_posterior(x, seed=seed), None  # only the first piece sets the generator
            write_z(z)
            if x_hat:
                x_hats = vae.decode_of(z_mean, x)
                write_x_hat(x_hats)
            exploration.add(start, x, z_mean, z_log_var, x_hats)
            if losses is not None:
                losses.add(start, x)
            spread.add(z_mean)
            kept += [z_mean] if keep else []
            shown.take(start, z)
        seen()
    exploration.write(folder, mode)
    draw_reconstructions(vae, part, spec, folder, mode)
    labels = None if part.labels is None else part.labels[shown.rows]
    folder.write_figure(f"latent_{mode}", plots.latent_map, np.concatenate(shown.z), labels)
    return Results(np.concatenate(kept) if keep else None, spread.active_units)


def write_gappy(
    vae: models.VAE,
    part: Part,
    spec: InputSpec,
    folder: ModuleFolder,
    mode: str,
    latent: str,
    x_hat: bool,
    seed: int | None,
    message: Gaussian | None,
    truth: Rows | None,
    losses: Losses | None,
) -> Results:
    """`write_results` for rows of which some or all are missing."""
    n, known = len(part), known_in(vae, part.x)
    draw_from = None if latent == "mean" else vae.seed if seed is None else seed
    with contextlib.ExitStack() as files:
        write_z = files.enter_context(folder.rows_writer(f"z_{mode}", n, (vae.latent_dim,)))
        write = files.enter_context(x_hat_writer(f"x_hat_{mode}", n, spec, folder)) if x_hat else None
        z, spread = write_rows(vae, part, message, draw_from, write_z, write)
    if known.any():
        draw_reconstructions(vae, part.of(known), spec, folder, mode)
    explore_known(vae, part, spec, folder, mode, known, losses)
    draw_predictions(vae, part, z, spec, folder, mode, truth)
    there = np.flatnonzero(np.isfinite(z).all(axis=1))
    if len(there):
        there = there[Shown(len(there)).rows]
        labels = None if part.labels is None else part.labels[there]
        folder.write_figure(f"latent_{mode}", plots.latent_map, z[there], labels)
    return Results(z, spread.active_units if known.any() else 0)


def explore_known(
    vae: models.VAE,
    part: Part,
    spec: InputSpec,
    folder: ModuleFolder,
    mode: str,
    known: np.ndarray,
    losses: Losses | None,
) -> None:
    """Keep known rows for the explorer; not of stored data, which would have to be read again."""
    exploration = Exploration(vae, part, spec, None, known)
    if known.any() and not isinstance(part.x, StoredRows):
        rows = exploration.rows
        prior = None if losses is None else {name: values[rows] for name, values in losses.prior.items()}
        exploration.take(part.x[rows], prior)
    exploration.write(folder, mode)


@contextlib.contextmanager
def x_hat_writer(
    name: str, n: int, spec: InputSpec, folder: ModuleFolder
) -> Iterator[Callable[[np.ndarray], None]]:
    """A function that takes reconstructions in the model's units and appends them to a file in the data's units.

    For a table of mixed kinds the file is a `.csv` with the table's own columns, categories and decimals.
    """
    if spec.table is None:
        with folder.rows_writer(name, n, spec.shape, spec.columns) as write:
            yield lambda x_hat: write(spec.scaling.invert(x_hat))
        return
    table = spec.table
    with folder.frames_writer(name, n) as write:
        yield lambda x_hat: write(as_spelled(decode(x_hat, table), table))


class Shown:
    """The codes that the latent map draws: all, or `plots.MANY_POINTS` evenly spread ones."""

    def __init__(self, n: int) -> None:
        self.rows = np.unique(np.linspace(0, n - 1, min(n, plots.MANY_POINTS)).astype(int))
        self.z: list[np.ndarray] = []

    def take(self, start: int, z: np.ndarray) -> None:
        """Keep those of the codes `z`, which begin with row `start`, that are drawn."""
        here = self.rows[(self.rows >= start) & (self.rows < start + len(z))]
        self.z.append(z[here - start])


def finish_vae(
    vae: VAE, data: Data, message: Gaussian | None, held_out: Gaussian | None, seed: int, x_hat: bool
) -> dict[str, float]:
    """Write and measure what was learnt, with the final weights and the full KL term; the metrics.

    Args:
        vae: The module.
        data: Learning and held-out rows.
        message: The prior of every learning row; None: N(0, I).
        held_out: The prior of every held-out row; None: N(0, I).
        seed: Seed of the draws of binary observations, and of samples for the picture.
        x_hat: Whether to write reconstructions.
    """
    training, model, folder = vae.training, vae.model, vae.folder
    assert training is not None and model is not None
    model.kl_scale.assign(1.0)
    model.kl_capacity.assign(0.0)
    save_vae(model, folder.model)
    folder.write_log("loss", training.rows, training.columns())
    if data.test is not None:
        folder.write_log("val_loss", training.rows, training.columns("val_"))
    folder.write_figure("loss", plots.loss_curve, training.rows)
    train = data.drawn_train(seed)
    losses = Losses(model, train, message)
    written = write_results(model, train, data.spec, folder, "learn", x_hat=x_hat, message=message, losses=losses)
    metrics = losses.results()
    if data.test is not None:
        measured = measure(model, data.test, held_out)
        metrics |= {f"val_{name}": value for name, value in measured.items()}
    if data.spec.table is not None:
        metrics |= column_results(model, train, data.test, data.spec.table.columns, folder)
    draw_samples(model, train, data.spec, folder, message, seed)
    prefix = "val_" if "val_kl" in metrics else ""
    metrics["active_units"] = written.active_units
    metrics["bits_per_dim"] = bits_per_dim(
        metrics[f"{prefix}reconstruction"], metrics[f"{prefix}kl"], data.spec.shape
    )
    return metrics


def column_results(
    model: models.VAE, train: Part, test: Part | None, columns: Sequence[Column], folder: ModuleFolder
) -> dict[str, float]:
    """The metrics of every column of a table; pictures are of the held-out rows, if there are any."""
    if test is None:
        return measure_columns(model, train, columns, folder, "learn")
    held_out = measure_columns(model, test, columns, folder, "learn")
    return measure_columns(model, train, columns) | {f"val_{name}": value for name, value in held_out.items()}
