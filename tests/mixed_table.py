"""A table as people have them: text, gaps, counts, dates, a rare category, and columns that tell nothing."""

import numpy as np
import polars as pl

from kvae.table import Column, TableSpec

SECTORS = ("retail", "health", "farming", "transport", "mining")
SHARES = (0.4, 0.3, 0.195, 0.1, 0.005)
WORDS = (
    "the",
    "a",
    "quick",
    "slow",
    "brown",
    "fox",
    "dog",
    "jumps",
    "sleeps",
    "over",
    "under",
    "near",
    "old",
    "new",
)


def mixed_table(n=500, seed=0, gaps=True):
    """A polars DataFrame of `n` rows: columns that depend on each other, an id, a constant and free text.

    With `gaps`, heights are missing at random, incomes more often of women.
    """
    rng = np.random.default_rng(seed)
    female = rng.random(n) < 0.5
    sector = rng.choice(len(SECTORS), n, p=SHARES)
    age = np.clip(np.rint(rng.normal(40, 12, n)), 18, 90).astype(int)
    height = np.round(rng.normal(np.where(female, 166, 179), 7), 1)
    income = np.round(np.exp(rng.normal(7 + 0.2 * sector + 0.01 * age, 0.3)), 2)
    visits = rng.poisson(np.where(age > 45, 4.0, 1.0))
    size = np.digitize(height, [168, 178])
    since = np.datetime64("2015-01-01") + rng.integers(0, 3000, n).astype("timedelta64[D]")
    no_height = rng.random(n) < (0.05 if gaps else 0)
    no_income = rng.random(n) < (np.where(female, 0.25, 0.05) if gaps else 0)
    notes = [" ".join(rng.choice(WORDS, 12)) for _ in range(n)]
    return pl.DataFrame(
        {
            "row": [f"r{i:05d}" for i in range(n)],
            "age": age,
            "height": [None if gone else float(v) for v, gone in zip(height, no_height, strict=True)],
            "income": [None if gone else float(v) for v, gone in zip(income, no_income, strict=True)],
            "visits": visits,
            "sex": np.where(female, "female", "male"),
            "sector": [SECTORS[k] for k in sector],
            "size": [("low", "medium", "high")[k] for k in size],
            "since": since,
            "active": rng.random(n) < 0.8,
            "country": ["NL"] * n,
            "note": notes,
        }
    )


def mixed_columns(missing="ignore"):
    """What its learnt columns mean, by hand: without codings, which are learnt from rows."""
    return TableSpec(
        (
            Column("age", "continuous", {"name": "gaussian"}, form={"decimals": 0}),
            Column("height", "continuous", {"name": "gaussian"}, missing=missing, form={"decimals": 1}),
            Column("income", "positive", {"name": "log_normal"}, missing=missing, form={"decimals": 2}),
            Column("visits", "count", {"name": "poisson"}, form={"decimals": 0}),
            Column("sex", "binary", {"name": "bernoulli"}, ("female", "male"), 2),
            Column("sector", "categorical", {"name": "categorical"}, SECTORS, 5),
            Column("size", "ordinal", {"name": "ordinal"}, ("low", "medium", "high"), 3),
        )
    )


def mixed_rows(n=500, seed=0, gaps=True):
    """The rows of `mixed_table` as `mixed_columns` has them, `(n, 7)` float32, NaN where a value is missing."""
    frame, columns = mixed_table(n, seed, gaps), mixed_columns().columns
    found = []
    for column in columns:
        values = frame[column.name].to_list()
        if column.categories is not None:
            values = [column.categories.index(value) for value in values]
        found.append([np.nan if value is None else value for value in values])
    return np.array(found, np.float32).T
