"""Marks of missing values, such as -99.9, in columns of every type."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.sklearn import VAEImputer

TINY = {"latent_dim": 2, "hidden_encoder_dim": 8, "hidden_decoder_dim": 8, "itr": 1, "n_samples": 8}
TINY |= {"jit_compile": False, "random_state": 0}
N = 40

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture(scope="module")
def numbers():
    """A float32 column with the mark -99.9 in every eighth row, and a float64 column."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=N).astype(np.float32), "b": rng.normal(size=N)})
    table.loc[::8, "a"] = np.float32(-99.9)
    return table


def in_polars(table):
    """The same in polars, with null for NaN, without pyarrow."""
    columns = {name: table[name].to_numpy() if name != "k" else list(table[name]) for name in table.columns}
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


@pytest.mark.parametrize("mark", [-99.9, np.float32(-99.9), np.float64(-99.9)])
def test_a_mark_is_found_in_columns_of_float32(numbers, mark):
    beside = numbers.assign(k=np.where(numbers["b"] > 0, "x", "y"))
    single = numbers.to_numpy(np.float32)
    for given in (beside, in_polars(beside), numbers, single):
        filled = VAEImputer(missing_values=mark, **TINY).fit_transform(given)
        column = np.asarray(filled)[:, 0].astype(float)
        assert np.all(column > -90)
        assert column.dtype == float and np.array_equal(column[1:8], single[1:8, 0].astype(float))


@pytest.mark.parametrize("mark", [pd.NA, None, pd.NaT])
def test_na_of_pandas_marks_what_nan_does(numbers, mark):
    given = numbers.astype("Float64").mask(numbers < -90)
    for table in (
        given,
        given.astype(object),
        numbers.mask(numbers < -90),
        given.to_numpy(float, na_value=np.nan),
    ):
        expected = VAEImputer(**TINY).fit_transform(table)
        np.testing.assert_array_equal(VAEImputer(missing_values=mark, **TINY).fit_transform(table), expected)


@pytest.mark.parametrize("mark", [[-1], np.array([-1, 2]), pd.Timestamp("2020-01-01"), {"a": 1}])
def test_what_marks_nothing_is_refused(numbers, mark):
    with pytest.raises(ValueError, match=r"^`missing_values` must be .* Received: missing_values="):
        VAEImputer(missing_values=mark, **TINY).fit(numbers)


def test_null_is_missing_in_frames_of_numbers_beside_a_mark(numbers):
    given = numbers.copy()
    given.loc[1:4, "b"] = np.nan
    for table in (given, given.astype({"b": "Float64"}), in_polars(given)):
        imputer = VAEImputer(missing_values=-99.9, add_indicator=True, **TINY)
        filled = imputer.fit_transform(table)
        assert np.all(np.isfinite(filled)) and np.all(filled[:, 0] > -90)
        np.testing.assert_array_equal(filled[:, 3].astype(bool), given["b"].isna())
    with pytest.raises(ValueError, match="Input X contains NaN"):
        VAEImputer(missing_values=-99.9, **TINY).fit(given.to_numpy())
