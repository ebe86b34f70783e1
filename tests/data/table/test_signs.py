"""Texts that are read as missing values, and may be categories, are told before they are learnt."""

import logging

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
