"""Texts that are read as missing values, and may be categories, are told before they are learnt."""

import logging
import shlex

import numpy as np
import pytest

from kvae.data.table.columns_file import Said
from kvae.data.table.inferring import Wishes
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat

LINES = [
    "bag,size,note",
    *(f"{('None', 'one', 'two')[i % 3]},{i * 0.5 if i % 7 else 'NA'},t{i}" for i in range(60)),
]
WORD = (
    "warning: text that is read as missing: 'bag' ('None': 20). If it is a category, type "
    "\"data.missing_signs=['NA']\", so that these and empty fields alone are missing"
)


def test_what_may_be_a_category_is_said_once_and_the_advice_holds(tmp_path, caplog):
    (tmp_path / "x.csv").write_text("\n".join(LINES) + "\n")
    caplog.set_level(logging.INFO, "kvae")
    raw = read_whole(str(tmp_path / "x.csv"), Wishes(), TextFormat())
    assert caplog.messages.count(WORD) == 1
    caplog.clear()
    read_whole(str(tmp_path / "x.csv"), Wishes(), TextFormat(), raw.table)
    assert WORD not in caplog.messages
    followed = read_whole(str(tmp_path / "x.csv"), Wishes(), TextFormat(missing=("NA",)))
    assert followed.table.columns[0].categories == ("None", "one", "two")
    assert followed.table.columns[1].is_number and WORD not in caplog.messages


def test_a_sign_that_numbers_have_is_not_said(tmp_path, caplog):
    (tmp_path / "x.csv").write_text("\n".join(LINES).replace("None", "NA") + "\n")
    caplog.set_level(logging.INFO, "kvae")
    read_whole(str(tmp_path / "x.csv"), Wishes(), TextFormat())
    assert "read as missing" not in caplog.text


def few_numbers(path, sign, gap="NA"):
    """A table with a column of eight different numbers, and a sign among them."""
    lines = [f"{'abc'[i % 3]},{sign if i % 6 == 0 else i % 8},{i * 0.5 if i % 7 else gap}" for i in range(120)]
    path.write_text("\n".join(["kind,n,size", *lines, ""]))
    return str(path)


@pytest.mark.parametrize("sign", ["-", "unknown", "--", "#REF!"])
def test_a_sign_among_few_numbers_is_said_once_and_the_advice_holds(tmp_path, caplog, sign):
    path = few_numbers(tmp_path / "x.csv", sign)
    raw = read_whole(path, Wishes(), TextFormat())
    assert not raw.table.columns[1].is_number
    word = f"warning: numbers are learnt as categories because of signs among them: 'n' ({sign!r}). "
    (said,) = [one for one in caplog.messages if one.startswith(word)]
    quoted = [sign, "NA"]
    (typed,) = shlex.split(said.partition(", type ")[2])
    assert typed == f"data.missing_signs=[{','.join(map(repr, quoted))}]"
    caplog.clear()
    read_whole(path, Wishes(), TextFormat(), raw.table)
    followed = read_whole(path, Wishes(), TextFormat(missing=tuple(quoted)))
    assert followed.table.names[1] == "n"
    assert followed.table.columns[1].categories in (None, tuple("01234567"))
    assert np.isnan(followed.x[:, 1]).sum() == 20 and caplog.messages == []


@pytest.mark.parametrize("sign", ["3+", "none of these"])
def test_words_with_a_meaning_among_few_numbers_are_not_said(tmp_path, caplog, sign):
    read_whole(few_numbers(tmp_path / "x.csv", sign), Wishes(), TextFormat())
    assert caplog.messages == []


def test_ticks_and_columns_that_are_set_to_categories_are_not_said(tmp_path, caplog):
    path = few_numbers(tmp_path / "x.csv", "-")
    read_whole(path, Wishes(said={"n": Said(kind="categorical")}), TextFormat())
    (tmp_path / "y.csv").write_text("\n".join(["n,size", *[f"{'-1'[i % 2]},{i * 0.5}" for i in range(120)], ""]))
    read_whole(str(tmp_path / "y.csv"), Wishes(), TextFormat())
    assert caplog.messages == []
