"""The labels of new rows, given out anew: each to the rows that it is likeliest for."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kvae.data.table.label import label_place
from kvae.errors import InputError
from kvae.uses.codes_given import N_SAMPLES, in_batches
from kvae.uses.imputation.predictive import Predictive
from kvae.uses.opened import Opened

DRAWS = ("sample", "likeliest")
# Labels of more classes are not given out: the offsets of classes are searched for one after the other.
MOST_CLASSES = 50
# Rounds over all classes, after which the few rows that still have too many of a label are shared out one by one.
ROUNDS = 100
# Rows whose label is inferred at once.
AT_ONCE = 2_000


def place_to_give(learnt: Opened, key: str, kept: Sequence[int] = ()) -> int:
    """The position of the label, which is to be given out.

    Args:
        learnt: A run that learnt a table.
        key: The name of the key or argument in messages.
        kept: Positions of columns whose values were asked for.

    Raises:
        InputError: Where no label was learnt, where it is a number, has too many classes or was asked for, and for
            a conditional model.
    """
    assert learnt.spec.table is not None
    asked, given = f"{key}=likeliest", learnt.vae.likelihood.given
    named = (learnt.plain.get("data") or {}).get("label_column")
    place = label_place(learnt.spec.table, named)
    if place is None:
        received = "null" if named is None else f"{named}, which it did not learn"
        raise InputError(
            f"{asked} needs a run that learnt a label: learn one with data.label_column=NAME. Received: a run "
            f"with data.label_column={received}"
        )
    if given:
        raise InputError(
            f"{asked} needs a model of all columns, and this one is conditional on "
            f"{', '.join(learnt.vae.likelihood.condition)}: learn one without model.condition"
        )
    column = learnt.spec.table.columns[place]
    if column.is_number or (column.n_categories or 0) > MOST_CLASSES:
        what = "a number" if column.is_number else f"of {column.n_categories:,} categories"
        raise InputError(
            f"{asked} needs a label of at most {MOST_CLASSES} categories. Received: {column.name}, {what}"
        )
    if place in kept:
        raise InputError(
            f"{asked} gives out the labels {column.name}, which the conditions set. Leave out one of both"
        )
    return place


def with_likeliest(
    learnt: Opened, x: np.ndarray, place: int, seed: int, count: Callable[[int], None] = lambda rows: None
) -> np.ndarray:
    """New rows `x` `(n, n_columns)` with the same labels, given to the rows that they are likeliest for.

    p(label | the other columns of a row) is averaged over codes, as for a gap (`kvae.uses.imputation`). Rows
    without a label keep none. Draws from `seed`.

    Args:
        learnt: A run that learnt a table.
        x: Rows as its model takes them, NaN where a value is missing.
        place: The position of the label.
        seed: Seed of the draws.
        count: Called with the number of rows that are done.
    """
    rng = np.random.default_rng([seed, place])
    rows = np.flatnonzero(~np.isnan(x[:, place]))
    if not len(rows):
        return x
    p = label_probabilities(learnt, x[rows], place, rng, count)
    x = x.copy()
    x[rows, place] = given_out(p, np.bincount(x[rows, place].astype(int), minlength=p.shape[1]), rng)
    return x


def label_probabilities(
    learnt: Opened, x: np.ndarray, place: int, rng: np.random.Generator, count: Callable[[int], None]
) -> np.ndarray:
    """p(label | other columns) of rows `x`, `(n, K)`. Arguments as in `with_likeliest`; uses `rng`."""
    n_classes = learnt.vae.likelihood.columns[place].n_categories
    found = np.empty((len(x), n_classes))
    for start in range(0, len(x), AT_ONCE):
        hidden = x[start : start + AT_ONCE].astype(np.float32)
        hidden[:, place] = np.nan
        tells = np.ones(hidden.shape, bool)
        tells[:, place] = False  # a label that is hidden is not missing
        message = learnt.messages(hidden)
        prior: dict[str, Any] = {} if message is None else message.as_prior()
        for rows, codes in in_batches(learnt.vae, hidden, None, rng, N_SAMPLES, gaps_tell=tells, **prior):
            here = np.arange(len(hidden))[rows]
            predictive = Predictive(learnt.vae, codes)
            for some, p in predictive.probabilities(place, n_classes, np.arange(len(here))):
                found[start + here[some]] = p
        count(min(start + AT_ONCE, len(x)))
    return found


def given_out(p: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels `(n,)`, the k-th `counts[k]` times, with the largest sum of log-probabilities.

    This is an optimal transport of labels to rows. Its dual variables are offsets of the classes (the prices of an
    auction: Bertsekas 1988): a row gets the class with the largest log p + offset. Each in turn is set so that its
    class gets as many rows as it should. Equal rows are told apart at random by `rng`.

    Args:
        p: Probabilities of the labels, `(n, K)`.
        counts: How often each label is given, `(K,)`, integers with the sum n.
        rng: Source of the random numbers.
    """
    log_p = np.log(np.maximum(p, 1e-12)) + 1e-9 * rng.random(p.shape)
    used = np.flatnonzero(counts)
    log_p, wanted, offsets = log_p[:, used], counts[used], np.zeros(len(used))
    given = np.argmax(log_p, axis=1)
    for _ in range(ROUNDS):
        if np.array_equal(np.bincount(given, minlength=len(used)), wanted):
            break
        for k in range(len(used)):
            others = np.delete(log_p + offsets, k, axis=1).max(axis=1)
            needed = np.sort(others - log_p[:, k])
            offsets[k] = needed[wanted[k] - 1 : wanted[k] + 1].mean()
        given = np.argmax(log_p + offsets, axis=1)
    return used[shared_out(log_p + offsets, given, wanted)]


def shared_out(values: np.ndarray, given: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Classes `(n,)` that occur as often as `wanted`: rows that lose least go from classes with too many."""
    given = given.copy()
    while (lacking := wanted - np.bincount(given, minlength=len(wanted))).any():
        to = int(np.argmax(lacking))
        rows = np.flatnonzero(lacking[given] < 0)
        given[rows[np.argmax(values[rows, to] - values[rows, given[rows]])]] = to
    return given
