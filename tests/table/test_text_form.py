"""The signs of a text file are kept as plain values, and only those that CSV can have."""

import pytest

from kvae.table.text_form import TextForm


@pytest.mark.parametrize(
    ("signs", "form", "kept"),
    [
        ((",", "."), TextForm(), {}),
        ((";", ","), TextForm(";", ","), {"separator": ";", "decimal": ","}),
        (("\t", "."), TextForm("\t"), {"separator": "\t"}),
        ((" ", ","), TextForm(",", ","), {"decimal": ","}),
        (("§", "."), TextForm(), {}),
        ((None, "."), TextForm(), {}),
        ((",", ".", ","), TextForm(thousands=","), {"thousands": ","}),
        ((",", ".", None, "NA"), TextForm(missing="NA"), {"missing": "NA"}),
        (
            (";", ".", None, "not, known"),
            TextForm(";", missing="not, known"),
            {"separator": ";", "missing": "not, known"},
        ),
        ((",", ".", None, "not, known"), TextForm(), {}),
        ((",", ".", None, 'say "no"'), TextForm(), {}),
    ],
)
def test_signs_that_are_not_those_of_ordinary_csv_are_kept(signs, form, kept):
    assert TextForm.of(*signs) == form
    assert form.to_json() == kept and TextForm.from_json(kept) == form


@pytest.mark.parametrize(
    "wrong",
    [
        {"separator": "ab"},
        {"separator": '"'},
        {"separator": "§"},
        {"separator": 1},
        {"decimal": ";"},
        {"thousands": "x"},
        {"thousands": "."},
        {"missing": 1},
        {"missing": "a,b"},
        {"missing": "a\n"},
        {"missing": "x" * 81},
    ],
)
def test_other_signs_are_refused(wrong):
    with pytest.raises(ValueError, match="the signs of its text file are invalid"):
        TextForm.from_json(wrong)
