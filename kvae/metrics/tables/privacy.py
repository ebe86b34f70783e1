"""What a generated table reveals about the learning rows."""

from collections.abc import Callable, Sequence

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.table import Column

# Distances that are in memory at once.
DISTANCES = 2**22
# Standard errors above guessing from which an attack is better than chance: one-sided, 2.5 %.
FAR = 1.96


def closest(
    rows: np.ndarray,
    records: np.ndarray,
    columns: Sequence[Column],
    width: np.ndarray,
    done: Callable[[int], None] = lambda rows: None,
) -> np.ndarray:
    """Distance of every row to the closest of some records, `(n,)`: SDMetrics' `calculate_dcr`, Gower's distance.

    The mean over the columns of |a - b| / width, at most 1, of numbers, and of 0 or 1 of categories; a gap is 1
    away from a value and 0 from a gap. Draws no random numbers.

    Args:
        rows: `(n, n_columns)`.
        records: `(m, n_columns)`, at least one.
        columns: What their values mean.
        width: Width of the range of every column, `(n_columns,)`.
        done: Called with how many rows are done.
    """
    found = np.empty(len(rows))
    step = max(1, DISTANCES // len(records))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        total = np.zeros((len(some), len(records)), np.float32)
        for place, column in enumerate(columns):
            a, b = some[:, place, None], records[None, :, place]
            if column.is_number and width[place] > 0:
                far = np.minimum(np.abs(a - b) / width[place], 1.0)
            else:
                far = (a != b).astype(np.float32)
            gaps = np.isnan(a), np.isnan(b)
            total += np.where(gaps[0] | gaps[1], gaps[0] != gaps[1], far)
        found[start : start + step] = total.min(axis=1) / len(columns)
        done(start + len(some))
    return found


def widths(*tables: np.ndarray) -> np.ndarray:
    """Width of the range of every column over some tables, `(n_columns,)`; 0 where there is no value."""
    rows = np.concatenate(tables).astype(np.float64)
    there = ~np.isnan(rows)
    low, high = (np.where(there, rows, fill).T for fill in (np.inf, -np.inf))
    return np.where(there.any(axis=0), high.max(axis=1, initial=-np.inf) - low.min(axis=1, initial=np.inf), 0.0)


@measures(
    dcr=Meaning(
        "Distance to the closest record",
        "Share of generated rows that are closer to a learning row than to one of as many held-out rows; 0.5 if "
        "nothing is copied, 1 if learning rows are copied.",
        "%",
        rank=2,
    ),
    membership_auc=Meaning(
        "Membership attack",
        "Chance that a learning row is closer to a generated row than a held-out row is, so that an attacker can "
        "tell them apart; 0.5 is guessing.",
        better="lower",
        rank=2,
    ),
)
def privacy_metrics(
    learning: np.ndarray,
    generated: np.ndarray,
    held_out: np.ndarray,
    columns: Sequence[Column],
    seed: int = 0,
    done: Callable[[int], None] = lambda rows: None,
) -> dict[str, float]:
    """`dcr` and `membership_auc`, from equally many learning and held-out rows; draws the larger set from `seed`.

    Ties count half in both. Empty if a table is empty. `done` is called with how many distances are found, of
    `2 * len(generated) + 2 * min(len(learning), len(held_out))`.
    """
    from sklearn.metrics import roc_auc_score

    n = min(len(learning), len(held_out))
    if n == 0 or len(generated) == 0:
        return {}
    rng = np.random.default_rng(seed)
    known, others = (rows[np.sort(rng.choice(len(rows), n, replace=False))] for rows in (learning, held_out))
    width, before = widths(known, others), 0

    def distances(rows: np.ndarray, records: np.ndarray) -> np.ndarray:
        nonlocal before
        found = closest(rows, records, columns, width, lambda count: done(before + count))
        before += len(rows)
        return found

    to_known, to_others = distances(generated, known), distances(generated, others)
    of_known, of_others = distances(known, generated), distances(others, generated)
    nearer = np.where(to_known == to_others, 0.5, to_known < to_others)
    auc = roc_auc_score(np.repeat([1, 0], n), -np.concatenate([of_known, of_others]))
    return {"dcr": float(nearer.mean()), "membership_auc": float(auc)}


def betrayed(auc: float, n: int) -> bool:
    """Whether an attack with this AUC on `n` rows of either kind is better than guessing: one-sided, 2.5 %.

    The standard error of guessing is that of Mann and Whitney's U without ties.
    """
    return auc > 0.5 + FAR * np.sqrt((2 * n + 1) / (12 * n * n))


def verdict(auc: float, n: int) -> str:
    """The result of the membership attack as a yes or no, and its figures."""
    said = "Yes" if betrayed(auc, n) else "No"
    return (
        f"Does the generated table reveal which rows were learnt? {said}: of a learning row and a held-out row, "
        f"the one closer to a generated row is the learning row in {auc:.1%} of cases ({n:,} rows of each; "
        "guessing gives 50%)."
    )
