"""`mode=detect` of a table: which cells make a row anomalous."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data import Part
from kvae.data.labels import label_names
from kvae.data.table.parts import places_of_wholes
from kvae.modules import Gaussian
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.table import TableSpec

if TYPE_CHECKING:
    from kvae.uses.cells import CellScores, Usual
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

# At most so many learning rows define usual scores; cells are named for at most so many anomalous rows.
LEARNING_ROWS, MOST_ROWS = 2_000, 10_000
# A cell is named if at most this share of learning rows has such a high score; the top cell of a row always is.
NAMED = 0.01


@dataclass(frozen=True)
class Scored:
    """Cells of anomalous rows, the rows with the highest scores first.

    Attributes:
        rows: Their indices among the rows that were scored, `(n,)`.
        x: The rows, `(n, n_columns)`.
        cells: The scores of their cells.
        usual: The usual scores of each column.
    """

    rows: np.ndarray
    x: np.ndarray
    cells: CellScores
    usual: Usual


def name_cells(
    config: Config,
    learnt: Opened,
    learning: tuple[Part, Gaussian | None],
    scored: tuple[Part, Gaussian | None],
    scores: np.ndarray,
    flagged: np.ndarray,
    folder: RunFolder,
) -> None:
    """Write `cells_detect.csv`, and a picture: the cells of the `flagged` rows that are unlike the rest.

    Args:
        config: The config; draws are from its seed.
        learnt: The run, of a table.
        learning: Learning rows, whose scores define what is usual, and their messages from a file, if any.
        scored: The rows that were scored, and their messages from a file, if any.
        scores: Scores of those rows in nats, `(n,)`.
        flagged: Which of those rows are anomalous, booleans `(n,)`.
        folder: Where to write.
    """
    from kvae import plots

    table, part = learnt.spec.table, scored[0]
    assert table is not None
    rows = np.flatnonzero(flagged)
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    if len(rows) > MOST_ROWS:
        log.info("only the cells of the %s rows with the highest scores are named", f"{MOST_ROWS:,}")
        rows = rows[:MOST_ROWS]
    if len(rows) == 0:
        return
    found = score(config, learnt, learning, scored, rows)
    texts = as_text(found.x, table), as_text(found.cells.expected, table)  # type: ignore[arg-type]
    folder.vae.write_table("cells_detect", columns_of(found, part, scores, table, *texts))
    surprise = found.usual.surprise(found.cells.nats)
    names = numbers_of(part, rows) if part.ids is None else part.ids[rows].tolist()
    folder.vae.write_figure("cells_detect", plots.cells, surprise, texts[0], names, table.names)


def score(
    config: Config,
    learnt: Opened,
    learning: tuple[Part, Gaussian | None],
    scored: tuple[Part, Gaussian | None],
    rows: np.ndarray,
) -> Scored:
    """Score the cells of `rows`, some of the scored rows, and of learning rows, which define usual scores."""
    from kvae.training.progress import counted
    from kvae.uses.cells import Usual, cell_scores
    from kvae.uses.evaluation.encoding import evenly_spread

    assert learnt.spec.table is not None
    wholes = places_of_wholes(learnt.spec.table.columns)
    known = evenly_spread(len(learning[0]), LEARNING_ROWS)
    found = []
    for (part, messages), some, title, expected in (
        (learning, known, "cells of learning rows", False),
        (scored, rows, "cells of anomalies", True),
    ):
        x = np.asarray(part.x[some])
        message = learnt.messages(x, None if messages is None else messages.rows(some))
        prior: dict[str, Any] = {} if message is None else message.as_prior()
        with counted(title, len(x)) as count:
            seed = config.run.seed
            keys: dict[str, Any] = {"expected": expected, "seed": seed, "done": count, "wholes": wholes}
            found.append(cell_scores(learnt.vae, x, **prior, **keys))
    return Scored(rows, x, found[1], Usual.of(found[0].nats))


def as_text(x: np.ndarray, table: TableSpec) -> list[list[str]]:
    """The cells of rows `(n, n_columns)`, of parts of dates too, as the table writes them; a gap is empty."""
    from kvae.data.table import as_spelled, decode
    from kvae.runs.csv_values import as_texts

    frame = as_spelled(decode(x, table, parts=True), table)
    columns = [as_texts(column).fill_null("").to_list() for column in frame]
    return [list(row) for row in zip(*columns, strict=True)]


def numbers_of(part: Part, rows: np.ndarray) -> list[int]:
    """Row numbers in the source, from 0, of some rows of a part."""
    return rows.tolist() if part.numbers is None else np.asarray(part.numbers)[rows].tolist()


def columns_of(
    found: Scored,
    part: Part,
    scores: np.ndarray,
    table: TableSpec,
    values: Sequence[Sequence[str]],
    expected: Sequence[Sequence[str]],
) -> dict[str, list[Any]]:
    """The columns of `cells_detect.csv`: a line per named cell; the cells of a row by falling surprise."""
    nats, usual = found.cells.nats, found.usual
    surprise, below, typical = usual.surprise(nats), usual.share_below(nats), usual.typical()
    labels = None if part.labels is None else label_names(part.labels[found.rows])
    lines: list[dict[str, Any]] = []
    for i, (row, number) in enumerate(zip(found.rows, numbers_of(part, found.rows), strict=True)):
        order = np.argsort(-np.nan_to_num(surprise[i], nan=-np.inf), kind="stable")
        named = [j for j in order if surprise[i, j] >= -np.log(NAMED)] or list(order[:1])
        for rank, j in enumerate(named, 1):
            line: dict[str, Any] = {"row": number}
            if part.ids is not None:
                line[part.id_name] = part.ids[row]
            if labels is not None:
                line["label"] = labels[i]
            line |= {"score": rounded(scores[row]), "rank": rank, "column": table.names[j]}
            line |= {"value": values[i][j], "expected": expected[i][j], "surprise": rounded(surprise[i, j])}
            line |= {"nats": rounded(nats[i, j]), "usual_nats": rounded(typical[j])}
            line["quantile"] = rounded(below[i, j])
            lines.append(line)
    return {name: [line[name] for line in lines] for name in lines[0]}


def rounded(value: float) -> float | None:
    """A number rounded to six significant digits; None for NaN."""
    return None if np.isnan(value) else float(f"{value:.6g}")
