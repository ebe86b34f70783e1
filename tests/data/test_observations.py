import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import tensorflow as tf

from kvae.data.frames import names_of
from kvae.data.observations import as_observations, as_weights
from kvae.data.table.given import from_given
from kvae.errors import InputError
from kvae.layers import Bernoulli

ROWS = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
FRAME = pd.DataFrame(ROWS, columns=["a", "b"])
SUPPORT = Bernoulli.support


class Lends:
    """An array of another library."""

    def __array__(self, dtype=None, copy=None):
        return ROWS.astype(dtype or np.float32)


TAKEN = {
    "float64": ROWS,
    "float16": ROWS.astype(np.float16),
    "long doubles": ROWS.astype(np.longdouble),
    "big-endian": ROWS.astype(">f4"),
    "a matrix": np.matrix(ROWS),
    "bytes": ROWS.astype(np.uint8),
    "integers": ROWS.astype(np.int64),
    "booleans": ROWS.astype(bool),
    "objects": ROWS.astype(object),
    "numbers beside booleans": np.array([[0, True], [1.0, False], [True, 1]], dtype=object),
    "lists": ROWS.tolist(),
    "a list of rows": list(ROWS),
    "one input in a list": [ROWS],
    "a tensor": tf.constant(ROWS),
    "bfloat16": tf.constant(ROWS, tf.bfloat16),
    "a variable": tf.Variable(ROWS),
    "a Keras variable": keras.Variable(ROWS),
    "another library's": Lends(),
    "nothing masked": np.ma.masked_array(ROWS),
    "pandas": FRAME,
    "a boolean column": FRAME.assign(a=FRAME.a > 0),
    "nullable integers": FRAME.astype("Int64"),
    "nullable floats": FRAME.astype("Float64"),
    "nullable booleans": FRAME.astype("boolean"),
    "columns without names": pd.DataFrame(ROWS),
    "an index of its own": FRAME.set_index(pd.Index([7, 7, 1])),
    "polars": pl.DataFrame(ROWS, schema=["a", "b"], orient="row"),
    "polars, boolean": pl.DataFrame(ROWS, schema=["a", "b"], orient="row").cast({"a": pl.Boolean}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_holds_numbers_is_taken(name):
    taken = as_observations("x", TAKEN[name], (2,), SUPPORT)
    np.testing.assert_array_equal(np.asarray(taken, np.float32), ROWS)


REFUSED = {
    "nothing": (None, "`x` is missing"),
    "no rows": (ROWS[:0], r"n >= 1. Received: shape \(0, 2\)"),
    "one row": (ROWS[0], r"for a single observation pass x\[None\]. Received: shape \(2,\)"),
    "other columns": (ROWS[:, :1], r"`x` must have shape \(n, 2\).*\(3, 1\)"),
    "NaN": (np.where(ROWS > 0, np.nan, ROWS), "finite numbers.*Received: nan in row 0, column 1"),
    "infinity": (np.where(ROWS > 0, np.inf, ROWS), "finite numbers.*Received: inf in row 0, column 1"),
    "grey values": (
        ROWS.astype(np.uint8) * 255,
        r"values in \[0, 1\] under likelihood='bernoulli'.*x / 255.*255 in",
    ),
    "below 0": (ROWS - 0.5, r"Received: -0.5 in row 0, column 0"),
    "beyond float32": (ROWS * 1e300, "up to 3.4e.38.*1e.300 in row 0, column 1"),
    "complex": (ROWS.astype(complex), "real numbers or booleans. Received: an array of type complex128"),
    "text": (ROWS.astype(str), "real numbers or booleans. Received: an array of type <U"),
    "text among objects": (np.array([[0, "1"]], dtype=object), r"Received: '1' \(str\)"),
    "complex among objects": (np.array([[0, np.complex128(1 + 5j)]], dtype=object), r"\(1\+5j\)'? \(complex128\)"),
    "Python's complex": ([[0.5, None], [None, 1 + 5j]], r"\(1\+5j\)'? \(complex\)"),
    "durations among objects": (np.array([[0, np.timedelta64(1, "s")]], dtype=object), r"\(timedelta64\)"),
    "dates": (ROWS.astype("datetime64[s]"), "Received: an array of type datetime64"),
    "records": (np.zeros(3, [("a", "f4"), ("b", "f4")]), "real numbers"),
    "ragged lists": ([[0.0], [1.0, 2.0]], "all of one length. Received: list"),
    "two inputs": ([ROWS, ROWS[:, :1]], "a VAE has one input.*Received: 2"),
    "masked": (np.ma.masked_array(ROWS, ROWS > 0), "no masked values: fill them.*Received: 4 masked values"),
    "sparse": (scipy.sparse.csr_matrix(ROWS), r"must be dense: pass x.toarray\(\)"),
    "a sparse array": (scipy.sparse.coo_array(ROWS), r"must be dense: pass x.toarray\(\)"),
    "a sparse tensor": (tf.sparse.from_dense(ROWS), r"must be dense: pass tf.sparse.to_dense\(x\)"),
    "a ragged tensor": (tf.ragged.constant([[0.0], [1.0, 1.0]]), r"must be dense: pass x.to_tensor\(\)"),
    "a symbol": (keras.KerasTensor((3, 2)), "must hold values. Received: a symbolic tensor"),
    "a path": ("x.csv", "`x` must hold real numbers"),
    "a category": (FRAME.assign(b=FRAME.b.astype("category")), r"columns of numbers.*Received: b \(category\)"),
    "strings": (FRAME.assign(b="x", a=pd.Series([1, "2", None], dtype=object)), r"Received: a \(object\), b \("),
    "dates in a column": (FRAME.assign(t=pd.Timestamp("2020-01-01")), r"Received: t \(datetime64"),
    "a missing value": (FRAME.mask(FRAME > 0), "Received: nan in row 0, column b"),
    "a missing integer": (FRAME.astype("Int64").mask(FRAME > 0), "Received: nan in row 0, column b"),
    "names that come twice": (FRAME.set_axis(["a", "a"], axis=1), "Received twice: a"),
    "a polars string": (pl.DataFrame({"a": [0.0], "b": ["x"]}), r"Received: b \(String\)"),
    "a polars null": (
        pl.DataFrame({"a": [0.0], "b": [None]}, schema={"a": float, "b": float}),
        "Received: nan in row",
    ),
    "a lazy table": (pl.LazyFrame({"a": [0.0], "b": [1.0]}), r"call .collect\(\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_is_refused_in_one_line(name):
    given, message = REFUSED[name]
    with pytest.raises(ValueError, match=message) as refused:
        as_observations("x", given, (2,), SUPPORT)
    assert "\n" not in str(refused.value)


def test_rounding_is_no_mistake():
    rounded = np.array([[-1e-9, 1.0 + 1e-7]])
    assert as_observations("x", rounded, (2,), SUPPORT) is not None


def test_names_of_columns_of_pyarrow():
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = arrow.table({"a": [0.0, 1.0], "b": [1.0, 0.5]})
    assert names_of(table) == names_of(table.to_batches()[0]) == ("a", "b")
    assert as_observations("x", table, (2,), learnt=names_of(table)).shape == (2, 2)
    with pytest.raises(ValueError, match=r"call \.to_pandas\(\) first\. Received: pyarrow\.lib\.RecordBatch$"):
        as_observations("x", table.to_batches()[0], (2,))
    with pytest.raises(ValueError, match=r"Received twice: a$"):
        as_observations("x", table.rename_columns(["a", "a"]), (2,))
    with pytest.raises(InputError, match=r"Received twice: a$"):
        from_given(table.rename_columns(["a", "a"]))


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
@pytest.mark.parametrize("given", [(3, 4, 5), (3, 4, 5, 1)])
def test_the_channel_of_grey_images_may_be_left_out(shape, given):
    assert as_observations("x", np.zeros(given), shape).shape == (3, *shape)


def test_other_axes_may_not():
    with pytest.raises(ValueError, match=r"shape \(n, 4, 5\).*\(3, 20\)"):
        as_observations("x", np.zeros((3, 20)), (4, 5))


def test_a_column_may_be_a_series():
    np.testing.assert_array_equal(as_observations("x", FRAME.a, (1,)), ROWS[:, :1])


def test_values_are_looked_at_to_the_end(monkeypatch):
    monkeypatch.setattr("kvae.likelihoods.support.CHUNK_VALUES", 4)
    x = np.zeros((9, 2))
    x[8, 1] = np.inf
    with pytest.raises(ValueError, match="inf in row 8, column 1"):
        as_observations("x", x, (2,))


def test_a_memory_map_stays_on_its_disk(tmp_path):
    np.save(tmp_path / "x.npy", ROWS)
    taken = as_observations("x", np.load(tmp_path / "x.npy", mmap_mode="r"), (2,))
    assert isinstance(taken.base, np.memmap)


def test_weights():
    np.testing.assert_array_equal(as_weights([[1.0], [2.0]], 2), [1.0, 2.0])
    np.testing.assert_array_equal(as_weights(FRAME.a, 3), ROWS[:, 0])
    for weights, message in (
        ([1.0], r"shape \(2,\)"),
        ([1.0, -1.0], "finite numbers >= 0"),
        ([1.0, np.nan], "nan"),
    ):
        with pytest.raises(ValueError, match=message):
            as_weights(weights, 2)
