"""What codes tell about labels, which the VAE did not learn from."""

import logging

import numpy as np

from kvae.data import Part
from kvae.data.labels import has_label
from kvae.data.table.label import label_place
from kvae.metrics import are_classes, clustering_metrics, probe_accuracies
from kvae.metrics.probes import FOLDS
from kvae.uses.evaluation.code_mixture import fit_codes
from kvae.uses.evaluation.encoding import Encoded, evenly_spread
from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

MOST_CLASSES = 100
MIXTURE_ROWS = 5_000


def measure_labels(
    learnt: Opened, chosen: Chosen, encoded: Encoded, n_components: int | None, seed: int
) -> dict[str, float]:
    """Accuracy of probes, and agreement of a mixture's classes with the labels; empty where there are no labels.

    Where held-out rows are evaluated, the probes learn from codes of the learning rows, and so does the mixture,
    unless one was learnt with the VAE. A mixture fitted here has `n_components`; None: one per label. Its starts
    are drawn from `seed`.
    """
    if chosen.part.labels is None:
        return {}
    labels = chosen.part.labels[encoded.rows]
    there = has_label(labels)
    labels, z = labels[there], encoded.z_mean[there]
    if not suitable(labels):
        return {}
    say_learnt(learnt)
    learning = learning_codes(learnt, chosen)
    if learning is not None and len(np.unique(learning[1])) < 2:
        learning = None  # only one class was learnt
    metrics: dict[str, float] = {}
    if learning is not None or np.unique(labels, return_counts=True)[1].min() >= FOLDS:
        metrics |= probe_accuracies(z, labels, learning)
    else:
        log.info("no probes: a label has fewer than %d rows", FOLDS)
    classes = mixture_classes(learnt, z, learning, n_components or len(np.unique(labels)), seed)
    return metrics if classes is None else metrics | clustering_metrics(classes, labels)


def say_learnt(learnt: Opened) -> None:
    """Log it where a table's label column was learnt as well: then the codes contain the labels."""
    table = learnt.spec.table
    if table is None:
        return
    name = (learnt.plain.get("data") or {}).get("label_column")
    if (place := label_place(table, name)) is not None:
        log.info(
            "metrics of labels are optimistic, since the column %s was learnt too. To leave it out, learn with "
            "data.learn_label=false",
            table.names[place],
        )


def suitable(labels: np.ndarray) -> bool:
    """Whether labels are classes that can be learnt; logs the reason if not."""
    n = len(np.unique(labels))
    if n == 0:
        log.info("labels are not measured: no row has one")
        return False
    if are_classes(labels) and 2 <= n <= min(MOST_CLASSES, len(labels) // 2):
        return True
    why = f"there are {n} in {len(labels):,} rows" if are_classes(labels) else "they are not classes"
    log.info("labels are not measured: %s", "all rows have the same label" if n < 2 else why)
    return False


def learning_codes(learnt: Opened, chosen: Chosen) -> tuple[np.ndarray, np.ndarray] | None:
    """Codes and labels of evenly spread learning rows where held-out rows are evaluated; else None."""
    train: Part = chosen.data.train
    if chosen.which != "test" or train.labels is None:
        return None
    labelled = np.flatnonzero(has_label(train.labels))
    if len(labelled) == 0:
        return None
    rows = labelled[evenly_spread(len(labelled))]
    return learnt.vae.encode(train.x[rows])[0], train.labels[rows]


def mixture_classes(
    learnt: Opened, z: np.ndarray, learning: tuple[np.ndarray, np.ndarray] | None, n_components: int, seed: int
) -> np.ndarray | None:
    """Classes `(n,)` of codes by the mixture learnt with the VAE or else one fitted here; None: too few rows."""
    found = learnt.network.classes(z)
    if found is not None:
        return found
    known = z if learning is None else learning[0]
    if len(known) <= n_components:
        log.info("no mixture: %d rows are too few for %d components", len(known), n_components)
        return None
    return fit_codes(known[evenly_spread(len(known), MIXTURE_ROWS)], n_components, seed).classes(z)
