"""`mode=generate`: new observations from a learnt VAE."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from kvae.data import Part
from kvae.data.tables import read_means
from kvae.errors import InputError
from kvae.metrics.work import generated, speed
from kvae.modes.finish import finish_run
from kvae.modes.options import RowsConfig
from kvae.options.rules import NULL, Name, integer, list_of, one_of, text
from kvae.options.schema import Config, check
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

N, STEPS = 50, 10
SHOWN = 100
TITLES = {
    "prior": "samples from the prior",
    "gmm": "samples from a mixture fitted to the codes",
    "posterior": "samples from the posterior of one observation",
    "interpolate": "from one observation to another",
}


@dataclass(frozen=True, kw_only=True)
class Options(RowsConfig):
    """The keys of `mode=generate`."""

    name: Name = "generate"
    n: Annotated[int | None, integer(1, 50) | NULL] = None
    sampler: Annotated[str, one_of("prior", "gmm", "posterior", "interpolate")] = "prior"
    draw: Annotated[str, one_of("mean", "sample")] = "mean"
    prior_mu: Annotated[str | None, text("mu.npy") | NULL] = None
    n_components: Annotated[int | None, integer(1, 10) | NULL] = None
    index: Annotated[int | list | None, integer(0, 7) | list_of(integer(0, 7), "[7,12]") | NULL] = None


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Generate with the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `x_generate`, the means of p(x|z) or draws from it in the data's own units, their codes `z_generate`, a
    sheet, and a PNG file per image. Draws from `seed`.

    Raises:
        InputError: When no learnt run fits, or a file of means or a row number does not fit it.
    """
    from kvae.modes.opening import open_learnt

    began = time.perf_counter()
    check_keys(config)
    learnt = open_learnt(config)
    log.info("generating with %s", learnt.folder.path)
    prior_mu = None if config.mode.prior_mu is None else read_prior_mu(config, learnt.vae.latent_dim)
    z, originals, names = codes(config, learnt, prior_mu)
    x = observations(config, learnt, z.astype(np.float32))
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    write(
        learnt, folder, x, z, originals, names, TITLES[config.mode.sampler], config.mode.sampler == "interpolate"
    )
    seconds = time.perf_counter() - began
    metrics = generated(len(x)) | speed(seconds, len(x))
    finish_run(folder, metrics)
    return metrics, folder


def observations(config: Config, learnt: Opened, z: np.ndarray) -> np.ndarray:
    """Observations `(n, *data_shape)` of codes `(n, latent_dim)`, as `mode.draw` says, in the model's units."""
    if config.mode.draw == "mean":
        return learnt.vae.decode(z)
    try:
        return learnt.vae.sample_likelihood(z, config.run.seed)
    except ValueError as error:
        raise InputError(f"mode.draw=sample: {error}") from error


def check_keys(config: Config) -> None:
    """Raise InputError where keys do not go together, before anything is loaded."""
    mode = config.mode
    if mode.prior_mu is not None and mode.sampler != "prior":
        raise InputError(f"mode.prior_mu goes with mode.sampler=prior. Received: mode.sampler={mode.sampler}")
    if mode.index is not None and mode.sampler not in ("posterior", "interpolate"):
        raise InputError(
            f"mode.index goes with mode.sampler=posterior or interpolate. Received: mode.sampler={mode.sampler}"
        )
    wanted = 2 if mode.sampler == "interpolate" else 1
    if mode.index is not None and len(indices(mode.index)) != wanted:
        example = "[3,8]" if wanted == 2 else "7"
        raise InputError(
            f"mode.index must be {'two row numbers' if wanted == 2 else 'one row number'} with "
            f"mode.sampler={mode.sampler}. Received: {mode.index}. Type, for example, mode.index={example}"
        )


def indices(index: Any) -> list[int]:
    """Row numbers as a list."""
    return index if isinstance(index, list) else [index]


def read_prior_mu(config: Config, latent_dim: int) -> np.ndarray:
    """The means in `mode.prior_mu`: `(n, latent_dim)`, or `(1, latent_dim)` for all samples."""
    path, n = str(config.mode.prior_mu), config.mode.n
    mu = np.asarray(read_means("mode.prior_mu", path), np.float64)
    if mu.ndim != 2 or mu.shape[1] != latent_dim or (n is not None and len(mu) not in (1, n)):
        rows = "a row" if n is None else f"1 or mode.n={n} rows"
        raise InputError(
            f"mode.prior_mu={path} must have {rows} per sample and a column per latent dimension, {latent_dim}. "
            f"Received: shape {mu.shape}"
        )
    if not np.all(np.isfinite(mu)):
        raise InputError(f"mode.prior_mu={path} must be finite. Received: NaN or infinity")
    return mu


def codes(
    config: Config, learnt: Opened, prior_mu: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Codes `(n, latent_dim)` as `mode.sampler` says, and the observations they belong to, with their names."""
    from kvae.modes.opening import choose_rows
    from kvae.uses.generation import between, from_mixture, from_posterior, from_prior

    mode, rng = config.mode, np.random.default_rng(config.run.seed)
    if mode.sampler == "prior":
        n = mode.n or (N if prior_mu is None else len(prior_mu))
        if prior_mu is not None:
            return from_prior(n, learnt.vae.latent_dim, prior_mu, rng), None, ()
        if not learnt.network.knows_prior:
            log.warning(
                "warning: this run learnt under messages, not N(0, I): give theirs with mode.prior_mu=FILE"
            )
        return learnt.network.sample_prior(n, rng), None, ()
    chosen = choose_rows(config, learnt)
    if mode.sampler == "gmm":
        z = from_mixture(mode.n or N, learnt, chosen.data, mode.n_components or 10, config.run.seed)
        return z, None, ()
    interpolates = mode.sampler == "interpolate"
    rows = indices(mode.index) if mode.index is not None else ([0, 1] if interpolates else [0])
    x = rows_of(chosen.part, rows, chosen.which)
    names = tuple(f"row {row}" for row in rows)
    log.info("%s of the %s rows", " and ".join(names), chosen.which)
    if interpolates:
        return between(mode.n or STEPS, learnt, x), x, names
    return from_posterior(mode.n or N, learnt, x, rng), x, names


def rows_of(part: Part, rows: list[int], which: str) -> np.ndarray:
    """Some observations of the chosen rows."""
    for row in rows:
        if row >= len(part):
            raise InputError(f"mode.index must be below the number of {which} rows, {len(part)}. Received: {row}")
    return part.x[np.asarray(rows)]


def write(
    learnt: Opened,
    folder: RunFolder,
    x: np.ndarray,
    z: np.ndarray,
    originals: np.ndarray | None,
    names: tuple[str, ...],
    title: str,
    ordered: bool,
) -> None:
    """Write observations `x` and codes `z`, both with a row per sample, a sheet, and images."""
    from kvae import plots

    invert = learnt.spec.scaling.invert
    x, originals = invert(x), None if originals is None else invert(originals)
    low, high = grey_range(learnt, x)
    folder.beside = {"sample": range(len(x))}
    folder.vae.write_rows("x_generate", x, learnt.spec.columns)
    folder.vae.write_rows("z_generate", z)
    if plots.is_image(x.shape[1:]):
        folder.vae.write_images("generated", (x - low) / ((high - low) or 1.0))
    shown = x[:SHOWN], low, high, title, originals
    folder.vae.write_figure("generated", plots.generated, *shown, names, ordered, learnt.spec.columns)


def grey_range(learnt: Opened, x: np.ndarray) -> tuple[float, float]:
    """What is black and white, in the data's own units: where nobody knows, the ends of the generated `x`."""
    if check(learnt.plain).data.IN_UNIT_RANGE:
        return 0.0, 1.0
    support = learnt.support
    if support is not None and support.width is not None and np.ndim(learnt.spec.scaling.offset) == 0:
        low, high = learnt.spec.scaling.invert(np.array([support.lowest, support.highest], np.float32))
        return float(low), float(high)
    return float(x.min()), float(x.max())
