"""`mode=generate`: new observations from a learnt VAE."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from kvae.data import Part
from kvae.data.tables import read_means
from kvae.errors import InputError
from kvae.metrics.work import generated, speed
from kvae.modes.finish import finish_run
from kvae.modes.generate_results import RESULTS, Made, write
from kvae.modes.generate_table import check_condition, new_rows
from kvae.modes.options import RowsConfig
from kvae.options.rules import FLAG, NULL, Name, Rule, integer, list_of, one_of, text
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker
from kvae.uses.conditions.typed import as_mapping

if TYPE_CHECKING:
    from kvae.uses.conditions import Condition
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

N, STEPS = 50, 10
COMPONENTS = 10
WHERE = Rule("conditions by column", lambda v: isinstance(v, dict | str) and bool(v), "{sex:female}")
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
    sampler: Annotated[str | None, one_of("prior", "gmm", "posterior", "interpolate") | NULL] = None
    draw: Annotated[str | None, one_of("mean", "sample") | NULL] = None
    where: Annotated[dict | str | None, WHERE | NULL] = None
    gaps: Annotated[bool, FLAG] = True
    draw_label: Annotated[str, one_of("sample", "likeliest")] = "sample"
    prior_mu: Annotated[str | None, text("mu.npy") | NULL] = None
    n_components: Annotated[int | None, integer(1, 10) | NULL] = None
    source: Annotated[str | list | None, text("speech") | list_of(text("speech"), "[speech]") | NULL] = None
    target: Annotated[str | None, text("images") | NULL] = None
    index: Annotated[int | list | None, integer(0, 7) | list_of(integer(0, 7), "[7,12]") | NULL] = None

    takes_networks: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Generate with the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `x_generate`, the means of p(x|z) or draws from it in the data's own units, their codes `z_generate`, a
    sheet, and a PNG file per image; of a table of mixed kinds such a table, and a picture of its columns. Draws
    from `seed`.

    Raises:
        InputError: When no learnt run fits, or a file of means, a row number or a condition does not fit it.
    """
    if config.network.nodes:
        from kvae.modes.networks import generate

        return generate.run(config, folder, tracker)
    from kvae.modes.opening import open_learnt

    began = time.perf_counter()
    check_keys(config)
    learnt = open_learnt(config)
    asked = conditions_of(config, learnt)
    log.info("generating with %s", learnt.folder.path)
    made = make(config, learnt, asked)
    (tracker or NoTracker()).begin(folder)
    folder.reopen(RESULTS)
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    write(learnt, folder, made)
    seconds = time.perf_counter() - began
    metrics = generated(len(made.x)) | speed(seconds, len(made.x))
    finish_run(folder, metrics)
    return metrics, folder


def conditions_of(config: Config, learnt: Opened) -> tuple[Condition, ...]:
    """The conditions of `mode.where`, none where it is null.

    Raises:
        InputError: When the run learnt no table, or one that the conditions do not fit.
    """
    from kvae.uses.conditions import conditions

    if config.mode.where is None:
        return ()
    if learnt.spec.table is None:
        raise InputError(
            f"mode.where needs a run that learnt a table, and {learnt.folder.path} learnt other data. Learn "
            "one with data=table data.path=x.csv, or choose another run with mode.run=FOLDER"
        )
    return conditions(config.mode.where, learnt.spec.table)


def make(config: Config, learnt: Opened, asked: tuple[Condition, ...] = ()) -> Made:
    """New observations by the mode's keys; the defaults of keys that are null depend on the learnt data."""
    mode, is_table = config.mode, learnt.spec.table is not None
    if mode.draw_label != "sample" and not is_table:
        raise InputError(
            f"mode.draw_label={mode.draw_label} needs a run that learnt a table, and {learnt.folder.path} learnt "
            "other data"
        )
    draw = mode.draw or ("sample" if is_table else "mean")
    if is_table and mode.sampler in (None, "prior", "gmm") and mode.prior_mu is None:
        return new_rows(config, learnt, draw, asked)
    sampler = mode.sampler or "prior"
    prior_mu = None if mode.prior_mu is None else read_prior_mu(config, learnt.vae.latent_dim)
    check_condition(config, learnt, sampler)
    z, originals, names = codes(config, learnt, sampler, prior_mu)
    given = np.repeat(originals, len(z), axis=0) if originals is not None and learnt.vae.likelihood.given else None
    x = observations(config, learnt, z.astype(np.float32), draw, given)
    return Made(x, z, TITLES[sampler], originals, names, sampler == "interpolate")


def observations(
    config: Config, learnt: Opened, z: np.ndarray, draw: str, condition: np.ndarray | None = None
) -> np.ndarray:
    """Observations `(n, *data_shape)` of codes `(n, latent_dim)`, as `draw` says, in the model's units.

    `condition`: rows with the columns of `model.condition`, if the run has any.
    """
    if draw == "mean":
        return learnt.vae.decode(z, condition=condition)
    try:
        return learnt.vae.sample_likelihood(z, config.run.seed, condition=condition)
    except ValueError as error:
        raise InputError(f"mode.draw=sample: {error}") from error


def check_keys(config: Config) -> None:
    """Raise InputError where keys do not go together, before anything is loaded."""
    mode = config.mode
    for key in ("source", "target"):
        if getattr(mode, key) is not None:
            raise InputError(
                f"mode.{key} names observations of a network of modules, network=... "
                f"Received: mode.{key}={getattr(mode, key)}"
            )
    if mode.where is not None:
        as_mapping(mode.where)
        for key, allowed in {"sampler": ("prior", "gmm"), "draw": ("sample",), "prior_mu": ()}.items():
            value = getattr(mode, key)
            if value is not None and value not in allowed:
                others = (
                    f" Leave it out, or type mode.{key}={' or '.join(allowed)}" if allowed else " Leave it out"
                )
                raise InputError(f"mode.where does not go with mode.{key}={value}.{others}")
    if mode.draw_label != "sample":
        check_draw_label(mode)
    if mode.prior_mu is not None and mode.sampler not in (None, "prior"):
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


def check_draw_label(mode: Any) -> None:
    """Raise InputError where `mode.draw_label=likeliest` does not go with other keys."""
    for key, allowed in {"sampler": ("prior", "gmm"), "draw": ("sample",), "prior_mu": ()}.items():
        value = getattr(mode, key)
        if value is not None and value not in allowed:
            raise InputError(
                f"mode.draw_label={mode.draw_label} does not go with mode.{key}={value}. Leave out one of both"
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
    config: Config, learnt: Opened, sampler: str, prior_mu: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Codes `(n, latent_dim)` from `sampler`, and the observations that they lie around or between, with names."""
    from kvae.modes.opening import choose_rows
    from kvae.uses.generation import between, from_mixture, from_posterior, from_prior

    mode, rng = config.mode, np.random.default_rng(config.run.seed)
    if sampler == "prior":
        n = mode.n or (N if prior_mu is None else len(prior_mu))
        if prior_mu is not None:
            return from_prior(n, learnt.vae.latent_dim, prior_mu, rng), None, ()
        if not learnt.network.knows_prior:
            log.warning(
                "warning: this run learnt under messages, not N(0, I): give their means, mode.prior_mu=FILE"
            )
        return learnt.network.sample_prior(n, rng), None, ()
    chosen = choose_rows(config, learnt)
    if sampler == "gmm":
        z = from_mixture(mode.n or N, learnt, chosen.data, mode.n_components or COMPONENTS, config.run.seed)
        return z, None, ()
    interpolates = sampler == "interpolate"
    rows = indices(mode.index) if mode.index is not None else ([0, 1] if interpolates else [0])
    x = rows_of(chosen.part, rows, chosen.which)
    names = tuple(f"row {row}" for row in rows)
    what = "interpolating from row {} to row {}" if interpolates else "sampling the posterior of row {}"
    log.info("%s of the %s rows", what.format(*rows), chosen.which)
    if interpolates:
        return between(mode.n or STEPS, learnt, x), x, names
    return from_posterior(mode.n or N, learnt, x, rng), x, names


def rows_of(part: Part, rows: list[int], which: str) -> np.ndarray:
    """Some observations of the chosen rows."""
    for row in rows:
        if row >= len(part):
            raise InputError(f"mode.index must be below the number of {which} rows, {len(part)}. Received: {row}")
    return part.x[np.asarray(rows)]
