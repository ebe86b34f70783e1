"""Columns of DataFrames whose types have values of their own: filled values are such values."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.errors import InputError
from kvae.sklearn import VAEImputer

TINY = {"latent_dim": 2, "hidden_encoder_dim": 8, "hidden_decoder_dim": 8, "itr": 1, "n_samples": 8}
TINY |= {"jit_compile": False, "random_state": 0}
N = 40

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


def with_gaps(*values):
    return [None if i % 7 == 0 else values[i % len(values)] for i in range(N)]


def test_gaps_of_categories_of_any_type_are_filled_with_categories():
    days = pd.to_datetime(["2020-01-01", "2021-01-01", "2022-06-01"])
    table = pd.DataFrame(
        {
            "whole": pd.Categorical(with_gaps(4, 8, 6)),
            "real": pd.Categorical(with_gaps(0.5, 1.5, 8.0)),
            "flag": pd.Categorical(with_gaps(True, False)),
            "digits": pd.Categorical(with_gaps("0", "1", "2")),
            "day": pd.Categorical(with_gaps(*days), categories=days),
            "text day": pd.Categorical(with_gaps("2020-01-01", "2021-01-01", "2022-06-01")),
            "range": pd.cut(pd.Series(with_gaps(1.0, 5.0, 9.0), dtype=float), 3),
            "order": pd.Categorical(with_gaps(10, 5, 20), [20, 10, 5], ordered=True),
            "objects": pd.Series(with_gaps(1, "a", 2.5), dtype=object),
        }
    )
    filled = VAEImputer(**TINY).fit_transform(table)
    assert list(filled.dtypes) == list(table.dtypes) and filled.notna().all(axis=None)
    there = table.notna()
    assert filled.where(there).equals(table.where(there))
    assert set(filled["objects"]) <= {1, "a", 2.5}


def test_lists_stay_and_are_named():
    table = pl.DataFrame({"a": [[1], [1], None] * 13, "b": [1.5, 2.5, None] * 13, "c": ["x", None, "y"] * 13})
    for given in (table, pd.DataFrame({name: table[name].to_list() for name in table.columns})):
        with pytest.warns(UserWarning, match="not learnt, nor their gaps filled: a"):
            imputer = VAEImputer(**TINY).fit(given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            filled = imputer.transform(given)
        assert [one if one is None else list(one) for one in filled["a"]] == [[1], [1], None] * 13
        assert not pl.Series(list(filled["c"])).null_count()


def test_numbers_without_any_value_are_filled_with_0_beside_text_too():
    table = pd.DataFrame(
        {"a": np.full(N, np.nan), "b": with_gaps("x", "y"), "c": pd.Series([None] * N, dtype=object)}
    )
    kept = VAEImputer(**TINY, keep_empty_features=True).fit_transform(table)
    assert list(kept.columns) == ["a", "b", "c"] and (kept["a"] == 0).all() and kept["c"].isna().all()
    assert list(VAEImputer(**TINY).fit_transform(table).columns) == ["b"]


def test_categories_that_a_column_lacks_are_added():
    a = np.random.default_rng(0).normal(size=N)
    learnt = pd.DataFrame({"x": a, "s": pd.Categorical(np.where(a > 0, "yes", "no")), "one": "k"})
    imputer = VAEImputer(**TINY | {"itr": 20}).fit(learnt)
    came = pd.DataFrame({"x": [-2.0, 2.0], "s": pd.Categorical([None, None], ["maybe"]), "one": "k"})
    filled = imputer.transform(came)
    assert filled["s"].isin(["no", "yes"]).all() and filled["s"].cat.categories[0] == "maybe"
    frame = pl.DataFrame({"x": [-2.0, 2.0], "s": [None, "no"], "one": [None, "z"]})
    came = frame.with_columns(s=frame["s"].cast(pl.Enum(["no"])), one=frame["one"].cast(pl.Enum(["z"])))
    for filled in (imputer.transform(came), imputer.transform(came[::-1])):
        assert filled["s"].is_in(["no", "yes"]).all() and filled["s"].dtype.categories[0] == "no"
        assert set(filled["one"]) == {"k", "z"} and filled["one"].dtype.categories.to_list() == ["z", "k"]


@pytest.mark.parametrize("names", [[0, 1, 2], pd.MultiIndex.from_tuples([("a", "u"), ("a", "v"), ("b", "u")])])
def test_columns_without_names_of_text_must_come_in_their_order(names):
    table = pd.DataFrame({"a": np.nan, "b": with_gaps(1.5, 2.5, 4.0), "c": with_gaps("x", "y")})
    table.columns = names
    imputer = VAEImputer(add_indicator=True, **TINY).fit(table)
    filled = imputer.transform(table)
    assert np.array_equal(filled.iloc[:, 2:].to_numpy(bool), table.isna().to_numpy())
    first, last = (" ".join(map(str, np.atleast_1d(names[place]))) for place in (0, 2))
    for use in (imputer.transform, imputer.uncertainty, imputer.impute):
        with pytest.raises(InputError, match=f"Received: column '{last}' in the place of '{first}'"):
            use(table.iloc[:, ::-1])


def test_what_is_no_dataframe_with_rows_is_refused_where_fit_got_one_of_mixed_columns():
    table = pd.DataFrame({"b": with_gaps(1.5, 2.5, 4.0), "c": with_gaps("x", "y")})
    imputer = VAEImputer(**TINY).fit(table)
    for given in (table.to_numpy(), table.to_numpy().tolist(), np.zeros((3, 2)), table["b"], None):
        for use in (imputer.transform, imputer.uncertainty, imputer.impute):
            with pytest.raises(ValueError, match=f"must be a DataFrame, .* Received: .*{type(given).__name__}$"):
                use(given)
    for make in (lambda rows: rows, lambda rows: pl.DataFrame(rows.to_dict("list"), schema=["b", "c"])):
        with pytest.raises(
            ValueError, match=r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1 is required by VAE"
        ):
            imputer.transform(make(table.iloc[:0]))
        for n in (0, 1):
            with pytest.raises(ValueError, match=rf"{n} sample\(s\) .* a minimum of 2 is required by VAEImputer"):
                VAEImputer(**TINY).fit(make(table.iloc[:n]))


def test_what_fills_a_constant_column_is_certain():
    table = pd.DataFrame({"a": with_gaps(2.0), "b": with_gaps("x"), "c": with_gaps(1.5, 2.5), "d": [np.nan] * N})
    for given in (table, table[["a", "b"]], table[["a", "d", "c"]].to_numpy()):
        unsure = VAEImputer(keep_empty_features=True, **TINY).fit(given).uncertainty(given)
        gaps = pd.DataFrame(given).isna().to_numpy()
        assert np.all(np.isnan(unsure[~gaps])) and np.all(unsure[gaps[:, 0], 0] == 0)
    unsure = VAEImputer(**TINY).fit(table).uncertainty(table)
    gaps = table.isna()
    assert (
        np.all(unsure[gaps["b"], 1] == 0) and np.all(unsure[gaps["c"], 2] > 0) and np.all(np.isnan(unsure[:, 3]))
    )


def test_tables_of_polars_become_pandas_with_their_types_where_output_is_set_so():
    days = pd.to_datetime(["2020-01-01", "2021-01-01", "2022-06-01"])
    columns = {"a": with_gaps(1.5, 2.5), "n": with_gaps(1, 5, 7), "k": with_gaps("x", "y"), "t": with_gaps(*days)}
    table = pl.DataFrame(columns | {"f": with_gaps(True, False)}).with_columns(
        e=pl.col("k").cast(pl.Enum(["x", "y"]))
    )
    table = table.with_columns(z=pl.col("t").dt.replace_time_zone("Europe/Berlin"))
    imputer = VAEImputer(add_indicator=True, **TINY).fit(table)
    expected = imputer.transform(table)
    found = imputer.set_output(transform="pandas").transform(table)
    assert isinstance(found, pd.DataFrame) and list(found.columns) == expected.columns
    assert [dtype.kind for dtype in found.dtypes] == [*"fiOMbOM", *"b" * 7]
    for name in expected.columns:
        assert list(found[name]) == list(expected[name])
    assert found["e"].dtype.ordered and str(found["z"].dt.tz) == "Europe/Berlin"
