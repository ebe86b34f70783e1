"""What is odd in a table is said in a sentence, and nothing is said of a table without it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_columns, mixed_rows, mixed_table

from kvae.data.inspection import TableSeen, notices
from kvae.data.inspection.warnings import checks
from kvae.table import Column, LeftOut, TableSpec

N = 200
rng = np.random.default_rng(0)


def table(label=None, **columns):
    """A table of columns: of numbers, or of text, which are read as categories."""
    rows, found = [], []
    for name, values in columns.items():
        if isinstance(values[0], str):
            names = sorted(set(values))
            rows.append([names.index(value) for value in values])
            found.append(Column(name, "categorical", {"name": "categorical"}, tuple(names), len(names)))
        else:
            rows.append(values)
            found.append(Column(name, "continuous", {"name": "gaussian"}))
    frame = pl.DataFrame({name: list(values) for name, values in columns.items()})
    return TableSeen(frame, TableSpec(tuple(found)), np.array(rows, np.float32).T, label)


def said(seen):
    return {one.about: one.text for one in notices(seen)}


def fine(n=N):
    """Columns of which there is nothing to say."""
    return {"size": rng.normal(size=n), "kind": [("a", "b")[k] for k in rng.integers(0, 2, n)]}


def test_boxes_that_are_seldom_ticked_are_not_called_empty():
    box = Column("news", "categorical", {"name": "categorical"}, ("x",), 1, missing="learn")
    seen, ticks = table(**fine()), np.where(np.arange(N) < 20, 0, np.nan)[:, None]
    frame = seen.frame.with_columns(news=pl.Series(["x"] * 20 + [None] * 180))
    assert said(TableSeen(frame, TableSpec((*seen.spec.columns, box)), np.hstack([seen.x, ticks]))) == {}


def words(n, **counts):
    """Text with so many rows of each value; the first takes what is left."""
    values = [value for value, count in counts.items() for _ in range(count)]
    return [*values, *[next(iter(counts))] * (n - len(values))]


def test_of_a_tidy_table_nothing_is_said():
    assert said(table(**fine())) == {}
    found = said(TableSeen(mixed_table(), mixed_columns(), mixed_rows(), "sex"))
    assert found.keys() == {"rare categories"}
    text = "categories with fewer than 5 rows: 'sector' ('mining' in 2 rows). Too few rows to learn about them"
    assert found["rare categories"] == text


def number_of(value, count, n=N):
    return np.append(np.full(count, value), rng.normal(50, 10, n - count))


SIGNS = "data.missing_signs="
CASES = {
    "few rows": (lambda: table(**fine(12)), "12 rows are few"),
    "mostly empty": (
        lambda: table(**fine(), a=np.append(np.full(190, np.nan), np.arange(10))),
        "mostly empty: 'a' (95% missing)",
    ),
    "missing by others": (
        lambda: table(**fine(), x=np.arange(N), y=np.where(np.arange(N) < 60, np.nan, rng.normal(size=N))),
        "whether a value is missing depends on another column: 'y' ('x', association 0.79). If a "
        "missing value means something, such as not applicable, let the model learn where values are missing: "
        "data.missing=learn",
    ),
    "almost constant": (lambda: table(**fine(), a=words(N, x=199, y=1)), "almost constant: 'a' ('x' in 99.5%)"),
    "a category per row": (
        lambda: table(**fine(), a=[f"n{i}" for i in range(N)]),
        "nearly one category per row: 'a' (200 categories in 200 rows)",
    ),
    "rare categories": (lambda: table(**fine(), a=words(N, x=150, y=46, z=4)), "'a' ('z' in 4 rows)"),
    "numbers as text": (
        lambda: table(**fine(), a=[*map(str, rng.integers(0, 60, N - 8)), *["unknown"] * 8]),
        "'a' (96% numbers; others: 'unknown' in 8 rows)",
    ),
    "mixed types": (
        lambda: table(**fine(), a=words(N, seven=50, **{"7": 150})),
        "75% numbers such as 7, words",
    ),
    "dates in two formats": (
        lambda: table(**fine(), a=words(N, **{"2024-01-31": 120, "31/01/2024": 80})),
        "'a' (as 2024-01-31 in 120 rows, as 31/01/2024 in 80 rows)",
    ),
    "spellings": (
        lambda: table(**fine(), a=words(N, **{"Health": 100, "health ": 50, "retail": 50})),
        "'a' ('Health' in 100 rows, 'health ' in 50 rows)",
    ),
    "signs of missing": (
        lambda: table(**fine(), a=number_of(-999, 20)),
        "'a' (-999 in 20 rows). If they are, type data.missing_signs=[-999]",
    ),
    "words for missing": (
        lambda: table(**fine(), a=words(N, x=100, y=60, not_known=40)),
        "'a' ('not_known' in 40 rows). They are learnt as categories; if they mean a missing value, type "
        "\"data.missing_signs=['not_known']\"",
    ),
    "far away": (lambda: table(**fine(), a=number_of(1e9, 1)), "'a' (1e+09; half of all values are "),
    "duplicate rows": (
        lambda: table(**{name: [*list(v)[:150], *list(v)[:50]] for name, v in fine().items()}),
        "50 rows (25%) repeat an earlier row. ",
    ),
    "duplicate columns": (
        lambda: table(size=rng.normal(size=N), kind=words(N, a=100, b=100), same=words(N, x=100, y=100)),
        "columns with the same content: 'kind' = 'same'. ",
    ),
    "tells the label": (
        lambda: table("kind", kind=words(N, a=100, b=100), leak=np.append(np.zeros(100), np.ones(100))),
        "determine the label 'kind': 'leak' (association 1.00)",
    ),
}


@pytest.mark.parametrize("about", CASES)
def test_what_is_odd_is_said(about):
    make, text = CASES[about]
    found = said(make())
    assert about in found, found
    assert text in found[about]


def test_values_that_are_missing_by_chance_or_learnt_to_be_are_not_told():
    by_chance = np.where(rng.random(N) < 0.4, np.nan, rng.normal(size=N))
    assert "missing by others" not in said(table(**fine(), a=by_chance))
    seen = CASES["missing by others"][0]()
    columns = tuple(replace(column, missing="learn") for column in seen.spec.columns)
    assert "missing by others" not in said(TableSeen(seen.frame, TableSpec(columns), seen.x))


def test_a_category_may_tell_whether_a_value_is_missing():
    kind = words(N, work=100, none=100)
    wages = [np.nan if one == "none" else float(k) for k, one in enumerate(kind)]
    assert "'wages' ('kind', association 1.00)" in said(table(kind=kind, wages=wages))["missing by others"]


def test_a_sign_that_columns_of_numbers_have_is_no_category():
    frame = pl.DataFrame({"a": words(N, x=150, y=40), "b": np.arange(N) * 0.5})
    both = table(a=words(N, x=150, y=50), b=np.arange(N) * 0.5)
    signs = {"a": {"NA": 10, "None": 5}, "b": {"NA": 2}}
    found = said(TableSeen(frame, both.spec, both.x, signs=signs))["read as missing"]
    assert found == (
        "text that is read as missing: 'a' ('None' in 5 rows). If it is a category, type "
        "\"data.missing_signs=['NA']\", so that these and empty fields alone are missing"
    )


@pytest.mark.parametrize("values", [[True, False] * 100, [0, 1] * 100], ids=["truth values", "whole numbers"])
def test_a_sign_among_truth_values_and_few_numbers_is_no_category(values):
    seen = table(a=words(N, x=150, y=50), b=[str(one) for one in values])
    frame = pl.DataFrame({"a": words(N, x=150, y=40), "b": values})
    found = said(TableSeen(frame, seen.spec, seen.x, signs={"a": {"?": 10}, "b": {"NA": 2}}))["read as missing"]
    assert "'a' ('?' in 10 rows)" in found and "'b'" not in found and "missing_signs=['NA']" in found
    only = said(TableSeen(frame, seen.spec, seen.x, signs={"a": {"?": 10}}))["read as missing"]
    assert only.endswith("type \"data.missing_signs=['']\", so that empty fields alone are missing")


def test_every_check_has_a_case():
    found = {one.about for make, _ in CASES.values() for one in notices(make())}
    assert len(found | {"read as missing"}) >= len(checks())


@pytest.mark.parametrize(
    "values",
    [
        np.exp(rng.normal(0, 2, N)),  # a long tail
        rng.standard_t(3, N),
        rng.integers(0, 100, N),  # 99 is a number among others
        np.append(np.full(20, -1.0), rng.uniform(0, 5, N - 20)),  # -1 is no further away than others
        np.append(np.zeros(150), rng.gamma(1, 100, N - 150)),  # an amount that most rows do not have
    ],
    ids=["log-normal", "t", "integers", "near", "zeros"],
)
def test_numbers_that_are_spread_widely_are_not_suspected(values):
    assert not {"far away", "signs of missing"} & said(table(**fine(), a=values)).keys()


def test_rows_are_twice_there_whatever_their_ids_are():
    frame = pl.DataFrame({"id": range(60), "a": [1.0, 2.0] * 30})
    spec = TableSpec((Column("a", "continuous", {"name": "gaussian"}),), (LeftOut("id", "id", "a value per row"),))
    found = said(TableSeen(frame, spec, frame.select("a").to_numpy().astype(np.float32)))
    assert "58 rows (97%) repeat an earlier row, apart from 'id'" in found["duplicate rows"]


def test_of_very_many_columns_some_are_named():
    columns = {f"c{i}": np.append(np.full(190, np.nan), rng.normal(size=10)) for i in range(30)}
    assert "'c7' (95% missing), and 22 more. " in said(table(**fine(), **columns))["mostly empty"]


def test_a_table_without_rows_or_columns_is_no_fault_of_the_checks():
    frame = pl.DataFrame({"a": pl.Series([], dtype=pl.Float64)})
    spec = TableSpec((Column("a", "continuous", {"name": "gaussian"}),))
    assert said(TableSeen(frame, spec, np.zeros((0, 1), np.float32), "a")).keys() == {"few rows"}
