"""`mode=detect`: which observations are unlike those that a VAE learnt."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np

from kvae.data import Part
from kvae.data.labels import has_label, is_label, label_names
from kvae.data.pieces import pieces
from kvae.data.stored import StoredRows
from kvae.metrics import detection_metrics, flag_metrics
from kvae.metrics.work import speed
from kvae.modes.detect_cells import name_cells
from kvae.modes.detect_threshold import WORDS, known_data, threshold_split
from kvae.modes.finish import finish_run
from kvae.modes.one_class import advice
from kvae.modes.options import RowsConfig
from kvae.modules import Gaussian
from kvae.options.rules import FLAG, NULL, Name, Rule, integer, number, one_of
from kvae.options.schema import Config, check
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

# Names of the files that it may write to the folder of the VAE.
RESULTS = r"(score|anomaly)_detect\.(txt|npy|csv)|cells_detect\.csv|(scores|anomalies|cells)_detect\.png"

# Rows that are scored at once.
ROWS = 4096


CONTAMINATION = Rule("a number > 0 and <= 0.5", lambda v: number(0, 1, above=True).accepts(v) and v <= 0.5, 0.05)


@dataclass(frozen=True, kw_only=True)
class Options(RowsConfig):
    """The keys of `mode=detect`."""

    name: Name = "detect"
    score: Annotated[str, one_of("elbo", "reconstruction", "nll")] = "elbo"
    n_samples: Annotated[int | None, integer(1, 200) | NULL] = None
    contamination: Annotated[float, CONTAMINATION] = 0.05
    threshold_split: Annotated[str | None, one_of("test", "train", "all") | NULL] = None
    cells: Annotated[bool, FLAG] = True

    needs_messages: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Score rows with the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `score_detect` (nats, a row per observation, the larger the more unusual), `anomaly_detect` (1 above the
    threshold, else 0), a histogram, and the most anomalous observations beside their reconstructions; of a table
    `cells_detect`, which cells of flagged rows are unlike the rest. Draws, from `seed`, only for cells, and with
    `mode.n_samples` or `mode.score=nll`.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    from kvae.modes.beginning import begun
    from kvae.modes.opening import choose_rows, open_learnt

    began = time.perf_counter()
    learnt = open_learnt(config)
    log.info("detecting with %s", learnt.folder.path)
    chosen = choose_rows(config, learnt, in_passing=True)
    log.info(
        "data %s: %s observations (%s), %s", config.data.name, f"{len(chosen.part):,}", chosen.which, what(config)
    )
    if (better := advice(check(learnt.plain))) is not None:
        log.info(better)
    folder.beside = chosen.part.beside

    def begin() -> None:
        (tracker or NoTracker()).begin(folder)
        folder.reopen(RESULTS)
        folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})

    with begun(folder, begin, chosen.unseen) as seen:
        known = known_data(config, learnt, chosen)
        split = threshold_split(config, known)
        setting, learning = known.rows(split), known.rows("train")
        scored = scores(config, learnt, chosen.part, chosen.messages, "scores")
        seen()
        if known.split == split:  # they are among the rows that were just scored
            usual, n_scored = scored[known.is_normal(chosen.part)], len(scored)
        else:
            usual = scores(config, learnt, *setting, WORDS[split])
            n_scored = len(usual) + len(scored)
    quantile = 1.0 - config.mode.contamination
    threshold = float(np.quantile(usual, quantile))
    log.info("threshold: the quantile %.4g of the scores of %s %s", quantile, f"{len(usual):,}", WORDS[split])
    others = None if known.split == split else (WORDS[split], usual)
    metrics = results(config, learnt, chosen, folder, others, scored, threshold)
    if learnt.vae.likelihood.given and config.mode.cells:
        log.info("cells are not scored: with model.condition, columns of the condition have no probability")
    elif learnt.spec.table is not None and config.mode.cells:
        rows = chosen.part, chosen.messages
        name_cells(config, learnt, learning, rows, scored, scored > threshold, folder)
    explore(config, learnt, chosen, scored, folder)
    metrics |= speed(time.perf_counter() - began, n_scored)
    finish_run(folder, metrics)
    return metrics, folder


def what(config: Config) -> str:
    """The score in words."""
    from kvae.uses.scores import NLL_SAMPLES

    mode = config.mode
    names = {"elbo": "negative ELBO", "reconstruction": "reconstruction error", "nll": "negative log-likelihood"}
    n_samples = mode.n_samples or (NLL_SAMPLES if mode.score == "nll" else None)
    return f"scored by the {names[mode.score]} " + (
        "at the posterior mean" if n_samples is None else f"of {n_samples} samples"
    )


def scores(config: Config, learnt: Opened, part: Part, messages: Gaussian | None, title: str) -> np.ndarray:
    """Scores of all rows in nats, `(n,)`, in bounded memory; `messages` are theirs where they come from a file."""
    from kvae.training.progress import counted
    from kvae.uses.scores import anomaly_scores

    mode, found = config.mode, []
    with counted(title, len(part)) as count:
        for first, piece in pieces(part.x):
            for start in range(0, len(piece), ROWS):
                x, place = piece[start : start + ROWS], first + start
                given = None if messages is None else messages.rows(slice(place, place + len(x)))
                message = learnt.messages(x, given)
                prior = None if message is None else message.as_prior()
                seed = (config.run.seed + place) % 2**32  # no two pieces have the same noise
                found.append(anomaly_scores(learnt.vae, x, mode.score, mode.n_samples, prior, seed))
                count(place + len(x))
    return np.concatenate(found)


def results(
    config: Config,
    learnt: Opened,
    chosen: Chosen,
    folder: RunFolder,
    others: tuple[str, np.ndarray] | None,
    scored: np.ndarray,
    threshold: float,
) -> dict[str, float]:
    """Write files and pictures; return the metrics.

    `others` are the name and the scores of the rows that set the threshold, where these are not among the scored.
    """
    from kvae import plots
    from kvae.uses.evaluation.labels import say_learnt

    flagged = scored > threshold
    folder.vae.write_rows("score_detect", scored)
    folder.vae.write_rows("anomaly_detect", flagged.astype(np.int8))
    truth, labelled = true_anomalies(config, chosen.part)
    drawn = scored if truth is None else scored[labelled]
    folder.vae.write_figure("scores_detect", plots.score_histogram, drawn, threshold, truth, others)
    if learnt.spec.table is None:  # of a table, `name_cells` draws cells instead
        draw_anomalies(learnt, chosen.part, scored, folder)
    metrics = flag_metrics(flagged, threshold)
    if truth is None:
        return metrics
    say_learnt(learnt)
    if truth.all() or not truth.any():
        log.info("nothing to measure: by their labels %s rows are anomalies", "all" if truth.all() else "no")
    return metrics | detection_metrics(scored[labelled], flagged[labelled], truth)


def explore(config: Config, learnt: Opened, chosen: Chosen, scored: np.ndarray, folder: RunFolder) -> None:
    """Write what the explorer in the report shows; nothing for streamed rows, which would be read once more."""
    from kvae.explorer.exploration import Exploration

    part = chosen.part
    if isinstance(part.x, StoredRows):
        return
    exploration = Exploration(learnt.vae, part, learnt.spec, None)
    rows = exploration.rows
    x, given = part.x[rows], None if chosen.messages is None else chosen.messages.rows(rows)
    message = learnt.messages(x, given)
    prior = {} if message is None else message.as_prior()
    exploration.take_scored(x, prior, scored[rows], what(config).removeprefix("scored by "))
    exploration.write(folder.vae, "detect")


def draw_anomalies(learnt: Opened, part: Part, scored: np.ndarray, folder: RunFolder) -> None:
    """Draw the rows with the highest scores beside their reconstructions."""
    from kvae import plots

    invert, rows = learnt.spec.scaling.invert, np.argsort(-scored, kind="stable")[: plots.COLUMNS]
    x = part.x[rows]
    shown = invert(x), invert(learnt.vae.reconstruct(x))
    names = part.names_of(rows)
    folder.vae.write_figure("anomalies_detect", plots.anomalies, *shown, names, scored[rows], learnt.spec.axis)


def true_anomalies(config: Config, part: Part) -> tuple[np.ndarray | None, np.ndarray]:
    """Which of the labelled rows are anomalies by their label, and which rows are labelled, both as booleans.

    Anomalies are the rows with another label than `data.normal_label`; without that key, those labelled 1 where
    all labels are 0 or 1. The first is None where no label decides.
    """
    if part.labels is None:
        return None, np.ones(len(part), bool)
    there = has_label(part.labels)
    names = label_names(part.labels[there])
    if config.data.normal_label is not None:
        normal = is_label(part.labels[there], config.data.normal_label)
        return ~normal if there.any() else None, there
    return names == "1" if set(np.unique(names)) == {"0", "1"} else None, there
