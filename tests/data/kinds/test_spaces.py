"""Spaces around texts of categories: they tell nothing, and what differs by them alone is one category."""

import numpy as np
import polars as pl
import pytest

from kvae.data.table import encode, infer_columns

SEXES = ["Male", "Female", " Male", "Male ", "", None]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["Male", "Female", " Male", "Male ", ""])])
def test_texts_that_differ_by_spaces_alone_are_one_category(dtype):
    frame = pl.DataFrame({"sex": pl.Series(SEXES * 5, dtype=dtype), "n": range(0, 60, 2)})
    spec = infer_columns(frame)
    sex = spec.columns[0]
    assert (sex.kind, sorted(sex.categories)) == ("binary", ["Female", "Male"])
    male, female = sex.categories.index("Male"), sex.categories.index("Female")
    wanted = [male, female, male, male, np.nan, np.nan]
    np.testing.assert_array_equal(encode(frame, spec)[:6, 0], np.array(wanted, np.float32))
