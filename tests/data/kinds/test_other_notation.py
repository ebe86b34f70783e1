"""Numbers in text in another notation than the learnt one: refused, and never read as other numbers."""

import re

import polars as pl
import pytest

from kvae.data.table import encode, infer_columns
from kvae.data.table.rows import encode_value
from kvae.errors import InputError

N = 60
DOLLARS = [f"${1000 * (i % 2) + 7.25 * i:,.2f}" for i in range(N)]
EUROS = [one[1:].translate(str.maketrans(",.", ".,")) + " €" for one in DOLLARS]
CENTS = [f"{i},{i:02d} €" for i in range(N)]
BRACKETS = [one if i % 3 else f"({one})" for i, one in enumerate(DOLLARS)]
MARKS = {"dollars": DOLLARS, "euros": EUROS, "cents": CENTS, "brackets": BRACKETS}


def spec_of(name):
    return infer_columns(pl.DataFrame({"price": MARKS[name], "rest": [i % 3 for i in range(N)]}))


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("dollars", "$1.148,00", "$1,234.50"),
        ("dollars", "$336,00", "$1,234.50"),
        ("dollars", "$12,5", "$1,234.50"),
        ("dollars", "$1,1480.00", "$1,234.50"),
        ("dollars", "$0,148", "$1,234.50"),
        ("brackets", "($1.148,00)", "$1,234.50"),
        ("euros", "1.5 €", "1.234,50 €"),
        ("euros", "1,234.50 €", "1.234,50 €"),
        ("euros", "1.23.456,00 €", "1.234,50 €"),
        ("cents", "1.50 €", "1234,50 €"),
    ],
)
def test_another_notation_is_refused(name, text, shown):
    spec = spec_of(name)
    assert spec.columns[0].form["decimals"] == 2
    later = pl.DataFrame({"price": [MARKS[name][1], text], "rest": [0, 1]})
    said = re.escape(f"column 'price' holds {text!r} in row 1: it was learnt as ")
    with pytest.raises(InputError, match=rf"{said}(positive )?numbers, such as {re.escape(shown)}$"):
        encode(later, spec)
    with pytest.raises(InputError, match="what was typed"):
        encode_value(text, spec.columns[0])


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("dollars", "$1,148.00", 1148),
        ("dollars", "$1148", 1148),
        ("dollars", "$12,001,148.5", 12001148.5),
        ("dollars", "-$1,148.00", -1148),
        ("brackets", "($1,148.00)", -1148),
        ("euros", "1.630,52 €", 1630.52),
        ("euros", "1630,5 €", 1630.5),
        ("euros", "1.630 €", 1630),
        ("cents", "1630,52 €", 1630.52),
    ],
)
def test_the_same_notation_is_read(name, text, number):
    assert encode_value(text, spec_of(name).columns[0]) == number


def test_no_group_of_thousands_begins_with_0():
    values = [f"{i % 2},{100 + i} €" for i in range(N)]
    spec = infer_columns(pl.DataFrame({"price": values, "rest": [i % 3 for i in range(N)]}))
    assert spec.columns[0].form["decimal"] == "," and encode_value("0,125 €", spec.columns[0]) == 0.125
