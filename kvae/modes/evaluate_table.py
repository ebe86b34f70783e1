"""`mode=evaluate` of a table: generated rows beside real ones, and cells that are hidden and filled."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError
from kvae.metrics import (
    betrayed,
    c2st_metrics,
    column_shapes,
    filled_metrics,
    hidden_cells,
    pair_trends,
    privacy_metrics,
    real_metrics,
    shape_metrics,
    trend_metrics,
    usefulness_metrics,
    verdict,
)
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.table import TableSpec

if TYPE_CHECKING:
    from kvae.data.stored import Rows
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

# At most so many rows of each kind are compared; cells are hidden in at most so many rows; both evenly spread.
MOST_ROWS, HIDDEN_ROWS = 20_000, 5_000
# `evaluate.json` holds the similarity of every pair of at most so many columns.
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Beside:
    """Real rows of a table that generated ones are compared with, `(n, n_columns)` each.

    Attributes:
        real: The rows that are evaluated.
        known: All rows that were learnt; None where they can no longer be read.
        learning: Those of `known` that are compared; None without `known`, or where `real` is not held out.
    """

    real: np.ndarray
    known: Rows | None
    learning: np.ndarray | None


def measure_table(
    config: Config, learnt: Opened, chosen: Chosen, folder: RunFolder
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics of generated rows and of filled cells, and details for `evaluate.json`; writes pictures.

    Of rows with labels, only those with the learnt label count (`data.normal_label`). Draws from the config's
    seed: new rows, and cells to hide.
    """
    from kvae.uses.normal_rows import normal_label, normal_ones

    n, chosen = len(chosen.part), normal_ones(learnt, chosen)
    if len(chosen.part) < n:
        log.info(
            "new rows and hidden cells are compared with the %s of %s rows whose label is %s, the learnt one",
            f"{len(chosen.part):,}",
            f"{n:,}",
            normal_label(learnt),
        )
    rows = rows_to_compare(config, learnt, chosen)
    metrics: dict[str, float] = {}
    details: dict[str, Any] = {}
    if config.mode.generated:
        metrics, details = measure_generated(config, learnt, rows, folder)
    if config.mode.hide:
        metrics |= measure_filled(config, learnt, chosen, rows)
    return metrics, details


def rows_to_compare(config: Config, learnt: Opened, chosen: Chosen) -> Beside:
    """Evenly spread rows of those that are evaluated, and of those that were learnt."""
    from kvae.modes.opening import is_learnt_data
    from kvae.uses.new_rows import rows_that_were_learnt
    from kvae.uses.normal_rows import normal_part

    real = some_of(chosen.part.x)
    if is_learnt_data(config, learnt.folder):
        known: Rows = normal_part(learnt, chosen.data.train).x
        if chosen.which == "test":
            return Beside(real, known, some_of(known))
        log.info("privacy and usefulness are not measured: they need held-out rows, not %s rows", chosen.which)
        return Beside(real, known, None)
    try:
        known = rows_that_were_learnt(learnt)
    except InputError as error:
        log.warning("warning: nothing is compared with the rows that were learnt: %s", error)
        return Beside(real, None, None)
    return Beside(real, known, some_of(known))


def some_of(x: Rows) -> np.ndarray:
    """All rows, or 20,000 evenly spread ones."""
    from kvae.uses.evaluation.encoding import evenly_spread

    return np.asarray(x[evenly_spread(len(x), MOST_ROWS)])


def measure_generated(
    config: Config, learnt: Opened, rows: Beside, folder: RunFolder
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and details of generated rows: as many as were learnt or, where those are unknown, are evaluated."""
    from kvae import plots
    from kvae.modules.table_rows import texts_of
    from kvae.training.progress import counted

    table, seed = learnt.spec.table, config.run.seed
    assert table is not None
    columns, real = table.columns, rows.real
    n = min(MOST_ROWS, len(real if rows.known is None else rows.known))
    generated = generate(config, learnt, n, rows.known)
    metrics = shape_metrics(real, generated, columns)
    with counted("trends", len(columns) * (len(columns) - 1) // 2, "pairs of columns") as count:
        trends = pair_trends(real, generated, columns, count)
    metrics |= trend_metrics(trends)
    with counted("two-sample test", 3, "parts") as count:
        metrics |= c2st_metrics(real, generated, columns, seed, count)
    details: dict[str, Any] = {"generated": n} | listed(trends)
    if rows.learning is not None:
        with counted("comparison with learning rows", 3, "parts") as count:
            metrics |= real_metrics(real, rows.learning, columns, seed, count)
        metrics |= measure_use(config, table, rows.learning, generated, real)
        smaller = min(len(rows.learning), len(real))
        with counted("closest records", 2 * (n + smaller)) as count:
            metrics |= privacy_metrics(rows.learning, generated, real, columns, seed, count)
        if "membership_auc" in metrics:
            auc = metrics["membership_auc"]
            details["membership"] = verdict(auc, smaller)
            if betrayed(auc, smaller):
                log.warning("warning: %s", details["membership"])  # the report shows it first
            else:
                log.info(details["membership"])
    shapes = column_shapes(real, generated, columns)
    folder.vae.write_figure("trends_evaluate", plots.trends, trends, shapes, table.names)
    shown = real, generated, columns, texts_of(table)
    folder.vae.write_figure("table_samples_evaluate", plots.table_samples, *shown)
    return metrics, details


def generate(config: Config, learnt: Opened, n: int, known: Rows | None) -> np.ndarray:
    """Rows as `mode=generate` draws them, `(n, n_columns)`, encoded as if they had been written and read again.

    Raises:
        InputError: For `mode.sampler=gmm` where the learning rows can no longer be read.
    """
    from kvae.data.table import decode, encode
    from kvae.uses.new_gaps import with_gaps
    from kvae.uses.new_labels import place_to_give, with_likeliest
    from kvae.uses.new_rows import new_rows, without_gaps

    sampler, table = config.mode.sampler, learnt.spec.table
    assert table is not None
    if sampler == "gmm" and known is None:
        raise InputError("mode.sampler=gmm needs the rows that were learnt, which can no longer be read")
    mixed = sampler != "prior" and (sampler == "gmm" or not learnt.network.senders)
    label = None if config.mode.draw_label == "sample" else place_to_give(learnt, "mode.draw_label")
    drawn = new_rows(learnt, n, config.run.seed, rows=known if mixed else None)[0]
    if label is not None:
        drawn = with_likeliest(learnt, drawn, label, config.run.seed)
    drawn = with_gaps(drawn, known, table.columns, config.run.seed, without_gaps(learnt))
    return encode(decode(drawn, table), table)


def measure_use(
    config: Config, table: TableSpec, learning: np.ndarray, generated: np.ndarray, real: np.ndarray
) -> dict[str, float]:
    """How well the label is predicted after learning from generated rows; none where it is not a learnt column."""
    from kvae.data.table.label import label_place

    name = config.data.label_column
    place = label_place(table, name)
    if place is None:
        why = "data.label_column is not set" if name is None else f"the label {name!r} was not learnt"
        log.info("tstr and trtr are not measured: %s", why)
        return {}
    return usefulness_metrics(learning, generated, real, table.columns, place, config.run.seed)


def measure_filled(config: Config, learnt: Opened, chosen: Chosen, rows: Beside) -> dict[str, float]:
    """Errors of cells that are hidden and filled with means, or the most probable categories."""
    from kvae.training.progress import counted
    from kvae.uses.evaluation.encoding import evenly_spread
    from kvae.uses.imputation import impute

    assert learnt.spec.table is not None
    some = evenly_spread(len(chosen.part), HIDDEN_ROWS)
    x = np.asarray(chosen.part.x[some])
    hidden = hidden_cells(x, learnt.spec.table.columns, config.mode.hide, config.run.seed)
    holed = np.where(hidden, np.nan, x)
    given = None if chosen.messages is None else chosen.messages.rows(some)
    message = learnt.messages(holed, given)
    prior: dict[str, Any] = {} if message is None else message.as_prior()
    with counted("hidden cells", len(x)) as count:
        filled = impute(learnt.vae, holed, rng=config.run.seed, gaps_tell=~hidden, count=count, **prior).x[0]
    learning = rows.real if rows.learning is None else rows.learning
    return filled_metrics(x, filled, hidden, learnt.spec.table.columns, learning)


def listed(trends: np.ndarray) -> dict[str, Any]:
    """The similarity of every pair of columns for `evaluate.json`; empty for too many columns."""
    return {"trends": plain(trends)} if len(trends) <= MOST_COLUMNS else {}


def plain(values: np.ndarray) -> list[list[float | None]]:
    """Numbers as lists for JSON, None for NaN."""
    return [[None if np.isnan(value) else round(float(value), 6) for value in row] for row in values]
