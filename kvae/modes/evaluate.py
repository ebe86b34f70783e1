"""`mode=evaluate`: how good a learnt VAE is, in numbers and pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from kvae.data.stored import StoredRows
from kvae.metrics import ACTIVE_VARIANCE, bits_per_dim
from kvae.metrics.work import speed
from kvae.modes.evaluate_table import measure_table
from kvae.modes.finish import finish_run
from kvae.modes.options import ShardsConfig
from kvae.modes.shards import Shard, check_shard, shard_of
from kvae.options.rules import FLAG, NULL, Name, fraction, integer, number, one_of
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.modes.own_metrics import Functions
    from kvae.uses.evaluation.encoding import Encoded
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

# Names of the files that it may write to the folder of the VAE.
RESULTS = (
    r"nll_evaluate\.(txt|npy|csv)|"
    r"(kl_per_dim|latent|traversal|table_traversal|trends|table_samples)_evaluate\.png"
)

N_SAMPLES = 200
STEPS = np.arange(-3.0, 4.0)
MOST_DIMENSIONS = 24
# The traversal shows no probabilities of columns with more categories.
MOST_CATEGORIES = 1000


@dataclass(frozen=True, kw_only=True)
class Options(ShardsConfig):
    """The keys of `mode=evaluate`."""

    name: Name = "evaluate"
    n_samples: Annotated[int | None, integer(1, 200) | NULL] = None
    tolerance: Annotated[float | None, number(0.0, 0.1, above=True) | NULL] = None
    n_components: Annotated[int | None, integer(1, 10) | NULL] = None
    generated: Annotated[bool, FLAG] = True
    sampler: Annotated[str | None, one_of("prior", "gmm") | NULL] = None
    draw_label: Annotated[str, one_of("sample", "likeliest")] = "sample"
    hide: Annotated[float, fraction(0.1)] = 0.1

    takes_metrics: ClassVar[bool] = True
    needs_messages: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Evaluate the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `evaluate.json` with all metrics and what is known per latent dimension, `nll_evaluate` with the
    negative log-likelihood of every observation in nats, and pictures. Draws from `seed`.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    from kvae.modes.beginning import begun
    from kvae.modes.opening import choose_rows, open_learnt
    from kvae.uses.evaluation.encoding import data_range

    check_shard(config.mode.shard, config.mode.n_shards)
    functions = config.metric.functions()
    learnt = open_learnt(config)
    log.info("evaluating %s", learnt.folder.path)
    chosen = choose_rows(config, learnt, in_passing=True)
    shard = shard_of(config.mode.shard, config.mode.n_shards, len(chosen.part))
    x_range = data_range(learnt, chosen.part.x)
    chosen = replace(chosen, part=shard.rows_of(chosen.part), messages=shard.messages_of(chosen.messages))
    stored = ", streamed" if isinstance(chosen.part.x, StoredRows) else ""
    rows = f"{shard.words} observations ({chosen.which}){stored}"
    most = "" if config.mode.tolerance is None else "at most "
    log.info("data %s: %s, %s%d importance samples each", config.data.name, rows, most, n_samples(config))
    folder.beside = chosen.part.beside
    if not shard.whole:
        log.info("a shard measures only means over rows and values per latent dimension, which can be joined")

    def begin() -> None:
        (tracker or NoTracker()).begin(folder)
        folder.reopen(RESULTS)
        folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path), "shard": asdict(shard)})

    with begun(folder, begin, chosen.unseen) as seen:
        metrics = evaluate(config, learnt, chosen, folder, functions, seen, shard, x_range)
    finish_run(folder, metrics)
    return metrics, folder


def evaluate(
    config: Config,
    learnt: Opened,
    chosen: Chosen,
    folder: RunFolder,
    functions: Functions,
    seen: Callable[[], None],
    shard: Shard,
    x_range: float,
) -> dict[str, float]:
    """All metrics of the chosen rows; calls `seen` first, then writes everything but `metrics.json`.

    Of a shard, only metrics that can be joined with those of other shards are measured, with noise of its own.
    """
    from kvae.modes.own_metrics import measured
    from kvae.modules.vae_losses import Losses
    from kvae.uses.evaluation.encoding import encode_rows
    from kvae.uses.evaluation.labels import measure_labels
    from kvae.uses.evaluation.likelihood import importance_sampled

    began = time.perf_counter()
    seed, shape, n = shard.seed(config.run.seed), learnt.spec.shape, len(chosen.part)
    losses = Losses(learnt.vae, chosen.part)
    encoded = encode_rows(learnt, chosen.part, chosen.messages, losses, x_range)
    seen()
    metrics = losses.results(encoded.messages)
    metrics["bits_per_dim"] = bits_per_dim(metrics["reconstruction"], metrics["kl"], shape)
    sampling = n_samples(config), seed, config.mode.tolerance
    likelihood = importance_sampled(learnt.vae, chosen.part.x, encoded.messages, *sampling)
    folder.vae.write_rows("nll_evaluate", likelihood.nll)
    metrics |= likelihood.metrics(shape)
    metrics["active_units"] = encoded.spread.active_units
    metrics |= encoded.errors
    metrics |= measured(functions, learnt.vae, chosen.part, learnt.spec, encoded.messages)
    of_table: dict[str, Any] = {}
    if shard.whole:
        metrics |= encoded.information(seed)
        metrics |= measure_labels(learnt, chosen, encoded, config.mode.n_components, seed)
        draw(learnt, chosen, encoded, folder)
        found, of_table = of_whole_table(config, learnt, chosen, folder)
        metrics |= found
    metrics |= speed(time.perf_counter() - began, n)
    folder.write_evaluation(metrics | details(config, learnt, chosen, encoded) | of_table)
    return metrics


def of_whole_table(
    config: Config, learnt: Opened, chosen: Chosen, folder: RunFolder
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and details of `measure_table` where the data is a table, else none."""
    if learnt.vae.likelihood.given:
        log.info("no generated rows or hidden cells are measured: model.condition leaves columns unmodelled")
        return {}, {}
    return ({}, {}) if learnt.spec.table is None else measure_table(config, learnt, chosen, folder)


def n_samples(config: Config) -> int:
    """Importance samples per observation."""
    return config.mode.n_samples or N_SAMPLES


def details(config: Config, learnt: Opened, chosen: Chosen, encoded: Encoded) -> dict[str, Any]:
    """What `evaluate.json` holds besides the metrics."""
    found = {
        "kl_per_dim": encoded.kl_per_dim.tolist(),
        "mean_per_dim": np.asarray(encoded.spread.mean).tolist(),
        "variance_per_dim": encoded.variance_per_dim.tolist(),
        "n": len(chosen.part),
        "split": chosen.which,
        "n_samples": n_samples(config),
        "learnt_run": str(learnt.folder.path),
    }
    return found if config.mode.tolerance is None else found | {"tolerance": config.mode.tolerance}


def draw(learnt: Opened, chosen: Chosen, encoded: Encoded, folder: RunFolder) -> None:
    """Write the pictures: KL per dimension, latent map, and a traversal of the active dimensions."""
    from kvae import plots

    active = encoded.variance_per_dim > ACTIVE_VARIANCE
    folder.vae.write_figure("kl_per_dim_evaluate", plots.kl_per_dim, encoded.kl_per_dim, active)
    labels = None if chosen.part.labels is None else chosen.part.labels[encoded.rows]
    folder.vae.write_figure("latent_evaluate", plots.latent_map, encoded.z_mean, labels)
    by_kl = np.argsort(-encoded.kl_per_dim, kind="stable")
    dimensions = by_kl[active[by_kl]][:MOST_DIMENSIONS]
    if len(dimensions) == 0:
        log.info("no traversal: no latent dimension is active")
        return
    if learnt.vae.likelihood.given:
        log.info("no traversal: with model.condition, codes alone cannot be decoded")
        return
    if learnt.spec.table is not None:
        draw_table_traversal(learnt, traversed(encoded, dimensions), dimensions, folder)
        return
    decoded = learnt.vae.decode(traversed(encoded, dimensions))
    decoded = learnt.spec.scaling.invert(decoded).reshape(len(dimensions), len(STEPS), *learnt.spec.shape)
    folder.vae.write_figure("traversal_evaluate", plots.traversal, decoded, dimensions, STEPS, learnt.spec.axis)


def draw_table_traversal(learnt: Opened, codes: np.ndarray, dimensions: np.ndarray, folder: RunFolder) -> None:
    """Draw the traversal of a table of mixed kinds: means of numbers and probabilities of categories."""
    from kvae import plots
    from kvae.modules.table_rows import texts_of

    table, likelihood, shape = learnt.spec.table, learnt.vae.likelihood, (len(dimensions), len(STEPS), -1)
    assert table is not None
    columns = table.columns
    params = learnt.vae.decoded_params(codes)
    means = np.asarray(likelihood.mean(params)).reshape(shape)
    few = [j for j, one in enumerate(columns) if one.n_categories and one.n_categories <= MOST_CATEGORIES]
    probabilities = {j: likelihood.probabilities(params, j).reshape(shape) for j in few}
    shown = means, probabilities, dimensions, STEPS, columns, texts_of(table)
    folder.vae.write_figure("table_traversal_evaluate", plots.table_traversal, *shown)


def traversed(encoded: Encoded, dimensions: np.ndarray) -> np.ndarray:
    """The mean code, moved by `STEPS` along each dimension in turn, as rows `(n, latent_dim)`."""
    codes = np.tile(encoded.spread.mean, (len(dimensions), len(STEPS), 1))
    for code, dimension in zip(codes, dimensions, strict=True):
        code[:, dimension] += STEPS * encoded.sd[dimension]
    return codes.reshape(-1, codes.shape[-1]).astype(np.float32)
