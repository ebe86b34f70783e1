"""What codes say of labels that the VAE never saw."""

import logging

import numpy as np

from kvae.data import Part
from kvae.data.labels import has_label
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
    """Accuracy of the probes, and agreement of a mixture's classes with the labels; nothing where there are none.

    The probes, and the mixture unless one was learnt with the VAE, learn from the codes of the learning rows where
    other rows are evaluated. `n_components` are those of a mixture fitted here; None: one per label. Draws, from
    `seed`, its starts.
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
        learning = None  # one class alone was learnt
    metrics: dict[str, float] = {}
    if learning is not None or np.unique(labels, return_counts=True)[1].min() >= FOLDS:
        metrics |= probe_accuracies(z, labels, learning)
    else:
        log.info("no probes: a label has fewer than %d rows", FOLDS)
    classes = mixture_classes(learnt, z, learning, n_components or len(np.unique(labels)), seed)
    return metrics if classes is None else metrics | clustering_metrics(classes, labels)


def say_learnt(learnt: Opened) -> None:
    """Say where a table's labels were learnt as a column too: then codes know them."""
    table = learnt.spec.table
    if table is None:
        return
    name = (learnt.plain.get("data") or {}).get("label_column")
    if str(name) in table.names:
        log.info(
            "what labels measure is of codes that know them: the column %s was learnt too. To leave it out, learn "
            "with data.learn_label=false",
            name,
        )


def suitable(labels: np.ndarray) -> bool:
    """Whether labels are classes that can be learnt; says why not."""
    n = len(np.unique(labels))
    if n == 0:
        log.info("labels are not measured: no row has one")
        return False
    if are_classes(labels) and 2 <= n <= min(MOST_CLASSES, len(labels) // 2):
        return True
    why = f"there are {n} in {len(labels):,} rows" if are_classes(labels) else "they are no classes"
    log.info("labels are not measured: %s", "all rows have the same" if n < 2 else why)
    return False


def learning_codes(learnt: Opened, chosen: Chosen) -> tuple[np.ndarray, np.ndarray] | None:
    """Codes and labels of learning rows, evenly spread, where others are evaluated; None where there are none."""
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
    """Classes `(n,)` of codes by what was learnt with the VAE, or by a mixture fitted here; None: too few rows."""
    found = learnt.network.classes(z)
    if found is not None:
        return found
    known = z if learning is None else learning[0]
    if len(known) <= n_components:
        log.info("no mixture: %d rows are too few for %d components", len(known), n_components)
        return None
    return fit_codes(known[evenly_spread(len(known), MIXTURE_ROWS)], n_components, seed).classes(z)
