import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from kvae.sklearn import VAEImputer
from kvae.sklearn.build import dimensions, rate_for
from tests.mixed_table import mixed_table

# Nothing is compiled here: compiling takes longer than all that is computed.
TINY = {"latent_dim": 2, "hidden_encoder_dim": 8, "hidden_decoder_dim": 8, "itr": 1, "n_samples": 16}
TINY |= {"jit_compile": False, "random_state": 0}
NAMES = ["age", "height", "income", "visits", "sex", "sector", "size", "since", "active"]

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


def as_pandas(table):
    """A table of polars as one of pandas, by values."""
    made = pd.DataFrame({column.name: column.to_list() for column in table.iter_columns()})
    return made.astype({"since": "datetime64[us]"}) if "since" in made else made


@pytest.fixture(scope="module")
def X():
    """Numbers of which the third follows from the first, a fifth of them missing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3)) * [1.0, 3.0, 0.1] + [0, 50, 9]
    X[:, 2] += X[:, 0]
    return np.where(rng.random(X.shape) < 0.2, np.nan, X)


@pytest.fixture(scope="module")
def frame():
    """A pandas DataFrame of many types."""
    table = as_pandas(mixed_table(80)[NAMES])
    table.loc[3:6, "sector"] = None
    table.loc[7:8, "since"] = pd.NaT
    return table


@pytest.fixture(scope="module")
def imputer(X):
    return VAEImputer(**TINY).fit(X)


@pytest.fixture(scope="module")
def mixed(frame):
    return VAEImputer(**TINY).fit(frame)


@pytest.fixture
def graphs():
    """Trace, for once: so many steps take longer one by one."""
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


@pytest.mark.slow
@pytest.mark.usefixtures("graphs")
def test_what_follows_from_other_columns_is_filled_so():
    rng = np.random.default_rng(1)
    z = rng.normal(size=800)
    X = np.stack([z, 2 * z, z + 0.1 * rng.normal(size=800)], axis=1)
    colour = np.where(z > 0, "red", "blue")
    gone = rng.random((800, 4)) < 0.2
    table = pd.DataFrame(np.where(gone[:, :3], np.nan, X), columns=["a", "b", "c"])
    table["colour"] = np.where(gone[:, 3], None, colour)
    given = {"latent_dim": 2, "hidden_encoder_dim": 32, "hidden_decoder_dim": 32, "jit_compile": False}
    filled = VAEImputer(**given, itr=60, batch_size=200, learning_rate=0.01, random_state=0).fit_transform(table)
    known = ~gone[:, 0] | ~gone[:, 1]
    for place, name in enumerate("abc"):
        rows = gone[:, place] & known
        error = filled[name][rows] - X[rows, place]
        assert np.sqrt(np.mean(error**2)) < 0.3 * X[:, place].std(), name
    rows = gone[:, 3] & known
    assert np.mean(filled["colour"][rows] != colour[rows]) < 0.05


def test_numbers_come_back_as_they_were_with_their_gaps_filled(X, imputer):
    filled = imputer.transform(X)
    gaps = np.isnan(X)
    assert filled.dtype == np.float64
    np.testing.assert_array_equal(filled[~gaps], X[~gaps])
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(imputer.transform(X), filled)
    low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    assert np.all((filled > low - (high - low)) & (filled < high + (high - low)))


def test_frames_of_many_types_come_back_as_they_were(frame, mixed):
    filled = mixed.transform(frame)
    assert isinstance(filled, pd.DataFrame)
    assert filled.index.equals(frame.index)
    assert list(filled.dtypes) == list(frame.dtypes)
    assert filled.notna().all(axis=None)
    there = frame.notna()
    assert filled.where(there).equals(frame.where(there))
    assert set(filled["sector"]) <= set(frame["sector"].dropna())


@pytest.mark.slow
def test_polars_frames_stay_such(frame):
    table = mixed_table(80)[NAMES]
    filled = VAEImputer(**TINY).fit_transform(table)
    assert filled.schema == table.schema
    assert filled.null_count().sum_horizontal().item() == 0


def test_imputations_differ_in_gaps_alone(X, imputer):
    several = imputer.impute(X, 3)
    gaps = np.isnan(X)
    for one in several:
        np.testing.assert_array_equal(one[~gaps], X[~gaps])
    assert np.all(several[0][gaps] != several[1][gaps])
    with pytest.raises(ValueError, match="Received: n=0"):
        imputer.impute(X, 0)


def test_uncertainty_is_of_gaps_alone(X, imputer, frame, mixed):
    spread = imputer.uncertainty(X)
    np.testing.assert_array_equal(np.isnan(spread), ~np.isnan(X))
    assert np.all(spread[np.isnan(X)] > 0)
    of_text = mixed.uncertainty(frame)[:, NAMES.index("sector")]
    assert np.all((of_text[3:7] > 0) & (of_text[3:7] < 1))


@pytest.mark.slow
def test_columns_without_values_or_with_one(X):
    given = np.column_stack([X, np.full(80, np.nan), np.where(np.arange(80) % 3, 7.0, np.nan)])
    filled = VAEImputer(**TINY).fit_transform(given)
    assert filled.shape == (80, 4)
    assert np.all(filled[:, 3] == 7.0)
    kept = VAEImputer(**TINY, keep_empty_features=True).fit(given)
    assert np.all(kept.transform(given)[:, 3] == 0.0)
    assert list(kept.get_feature_names_out()) == ["x0", "x1", "x2", "x3", "x4"]
    nothing = VAEImputer(**TINY).fit(given[:, 3:])
    assert nothing.model_ is None
    np.testing.assert_array_equal(nothing.transform(given[:, 3:]), np.full((80, 1), 7.0))


@pytest.mark.slow
def test_indicators_and_names(frame):
    imputer = VAEImputer(**TINY, add_indicator=True).fit(frame)
    filled = imputer.transform(frame)
    gaps = [name for name in NAMES if frame[name].isna().any()]
    assert list(filled.columns) == [*NAMES, *(f"missingindicator_{name}" for name in gaps)]
    assert list(imputer.get_feature_names_out()) == list(filled.columns)
    np.testing.assert_array_equal(filled["missingindicator_sector"].astype(bool), frame["sector"].isna())


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "text"), [(-1, False), ("?", True)])
def test_signs_of_gaps(X, sign, text):
    if text:
        table = pl.DataFrame({"a": ["?", "x", "y", "x"] * 20, "b": np.arange(80) % 7 * 1.5})
        filled = VAEImputer(**TINY, missing_values=sign).fit_transform(table)
        assert set(filled["a"]) == {"x", "y"}
        return
    given = np.where(np.isnan(X), -1, X)
    imputer = VAEImputer(**TINY, missing_values=sign).fit(given)
    np.testing.assert_array_equal(imputer.transform(given), VAEImputer(**TINY).fit_transform(X))


@pytest.mark.slow
def test_pipelines_and_column_transformers(frame):
    numbers, words = ["age", "income", "height"], ["sector", "size", "visits"]
    y = frame["visits"].to_numpy(np.float64)
    parts = ColumnTransformer(
        [
            ("numbers", VAEImputer(**TINY), numbers),
            ("words", make_pipeline(VAEImputer(**TINY), OneHotEncoder(handle_unknown="ignore")), words),
        ]
    )
    model = make_pipeline(parts, LinearRegression()).fit(frame, y)
    assert np.isfinite(model.predict(frame)).all()
    out = VAEImputer(**TINY).set_output(transform="pandas").fit_transform(frame[numbers])
    assert list(out.columns) == numbers
    assert out.index.equals(frame.index)
    assert out.notna().all(axis=None)


def test_values_that_were_never_learnt_stay_and_are_said(frame, mixed):
    other = frame.head(5).copy()
    other.loc[0, "sector"] = "fishing"
    other.loc[0, "height"] = np.nan
    with pytest.warns(UserWarning, match="new since `fit` are kept, and treated as missing, in sector"):
        filled = mixed.transform(other)
    assert filled["sector"][0] == "fishing"
    assert filled["height"].notna().all()


@pytest.mark.slow
def test_ids_and_free_text_stay_and_are_said():
    table = as_pandas(mixed_table(60)[["note", "age", "height"]])
    table.loc[2, "note"] = None
    with pytest.warns(UserWarning, match="ids and free text are not learnt, nor their gaps filled: note"):
        filled = VAEImputer(**TINY).fit_transform(table)
    assert filled["note"].isna().sum() == 1
    assert filled["height"].notna().all()


def test_clones_and_pickles(frame, mixed):
    again = pickle.loads(pickle.dumps(mixed))
    assert again.transform(frame).equals(mixed.transform(frame))
    assert not hasattr(clone(mixed), "model_")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hide": 1.0}, "`hide` must be a number >= 0 and < 1. Received: hide=1.0"),
        ({"hide": -0.1}, "Received: hide=-0.1"),
        ({"draw": "max"}, "`draw` must be one of mean, mode, sample. Received: draw='max'"),
        ({"n_samples": 0}, "Received: n_samples=0"),
        ({"train_samples": 0}, "Received: train_samples=0"),
        ({"add_indicator": "yes"}, "must be True or False. Received: add_indicator='yes'"),
        ({"latent_dim": 0}, "Received: latent_dim=0"),
        ({"learning_rate": 0}, "> 0. Received: learning_rate=0"),
    ],
)
def test_wrong_parameters(X, arguments, message):
    with pytest.raises(ValueError, match=message):
        VAEImputer(**{**TINY, **arguments}).fit(X)


def test_wrong_data(imputer, mixed, frame):
    with pytest.raises(ValueError, match="X has 2 features, but VAEImputer is expecting 3"):
        imputer.transform(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="feature names"):
        mixed.transform(frame.rename(columns={"age": "years"}))
    with pytest.raises(ValueError, match="infinity"):
        imputer.transform(np.full((4, 3), np.inf))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([VAEImputer(**TINY)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("n", "n_columns", "latent_dim"),
    [(80, 1, 2), (80, 3, 2), (344, 8, 3), (1000, 10, 10), (7847, 6, 16), (300, 30, 10), (50, 60, 16)],
)
def test_dimensions_by_columns_and_rows(n, n_columns, latent_dim):
    assert dimensions(n, n_columns) == latent_dim


def test_dimensions_of_the_code_where_nobody_says_how_many(frame):
    default = VAEImputer(**(TINY | {"latent_dim": None})).fit(frame)
    assert default.model_.latent_dim == 3  # of nine columns
    assert VAEImputer().latent_dim is None


@pytest.mark.parametrize(
    ("steps", "rate"), [(1, 0.012), (1200, 0.012), (1600, 0.009375), (2500, 0.006), (7501, 0.002), (24_600, 0.002)]
)
def test_the_learning_rate_falls_with_the_number_of_steps(steps, rate):
    assert rate_for(steps) == pytest.approx(rate, rel=1e-3)


def test_the_learning_rate_where_nobody_gives_one(frame, monkeypatch):
    monkeypatch.setattr("kvae.sklearn.build.PATH", 0.012)
    default, same, other = (
        VAEImputer(**(TINY | {"itr": 2, "batch_size": None, "learning_rate": given})).fit(frame).history_
        for given in (None, 0.006, 0.002)
    )
    assert default == same != other
    assert VAEImputer().learning_rate is None


def test_numbers_that_float32_hardly_tells_apart_are_warned_of():
    values = np.random.default_rng(0).normal(size=(40, 2)) + np.array([0.0, 1e9])
    with pytest.warns(UserWarning, match="'x1': float32 rounds its numbers by up to 2.2, and their standard"):
        VAEImputer(itr=1, random_state=0, jit_compile=False).fit(values)
