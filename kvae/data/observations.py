"""Convert what users pass as observations to arrays, or raise ValueError with one sentence.

All methods of `kvae.VAE` use it, so that `encode` and `evaluate` take what `fit` takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kvae.data.frames import check_columns, frame_numbers, is_frame
from kvae.errors import quoted
from kvae.likelihoods.support import Support, check_values
from kvae.options.arguments import check_array

NUMBERS = "biuf"


def as_observations(
    name: str,
    given: Any,
    row_shape: tuple[int, ...],
    support: Support | None = None,
    learnt: Sequence[Any] | None = None,
) -> Any:
    """`given` as an array `(n, *row_shape)` of finite numbers, n >= 1; `StoredRows` are returned as they are.

    Takes NumPy arrays, tensors, nested lists and DataFrames of numbers or booleans. An axis of length 1 at the
    end, the channel of grey images, may be left out, as in Keras.

    Args:
        name: How messages call the observations.
        given: The observations.
        row_shape: Shape of one observation.
        support: The values that are allowed; None for all finite ones.
        learnt: Names of the learnt columns, which a DataFrame must have in this order; None for any.

    Raises:
        ValueError: For anything else, with the position of the first wrong value.
    """
    rows = as_rows(name, given, row_shape, support, learnt)
    return rows.checked() if isinstance(rows, CheckedRows) else rows


def as_rows(
    name: str,
    given: Any,
    row_shape: tuple[int, ...],
    support: Support | None = None,
    learnt: Sequence[Any] | None = None,
) -> Any:
    """As `as_observations`, but the values are checked only when rows are taken: while others are computed.

    Raises:
        ValueError: As `as_observations`; for wrong values, when a slice of the rows is taken.
    """
    if hasattr(given, "source"):  # `StoredRows`, whose values were checked when they were opened
        return check_array(name, given, row_shape)
    array, columns = as_numbers(name, given)
    array = with_row_shape(name, array, tuple(row_shape))
    if learnt is not None and columns is not None:
        check_columns(name, columns, learnt)
    return CheckedRows(name, array, support, columns)


@dataclass(frozen=True)
class CheckedRows:
    """Rows `(n, *row_shape)` whose values are checked when a slice of them is taken.

    Attributes:
        name: How messages call the observations.
        array: The rows.
        support: The values that are allowed; None for all finite ones.
        columns: Names of the columns, for messages.
    """

    name: str
    array: np.ndarray
    support: Support | None
    columns: Sequence[str] | None

    def __len__(self) -> int:
        return len(self.array)

    def checked(self) -> np.ndarray:
        """All rows, after all values are checked."""
        check_values(self.name, self.array, self.support, self.columns)
        return self.array

    def __getitem__(self, rows: slice) -> np.ndarray:
        part = self.array[rows]
        check_values(self.name, part, self.support, self.columns, rows.start or 0)
        return part


def as_numbers(name: str, given: Any) -> tuple[np.ndarray, list[str] | None]:
    """`given` as an array of real numbers of any shape, and the names of its columns, if it has any.

    Raises:
        ValueError: When it holds anything but real numbers and booleans.
    """
    if is_frame(given):
        return frame_numbers(name, given)
    array = as_array(name, only_one(name, given))
    if isinstance(array, np.ma.MaskedArray):
        if array.mask.any():
            raise ValueError(
                f"`{name}` must have no masked values: fill them, for example with x.filled(0). "
                f"Received: {int(array.mask.sum())} masked values"
            )
        array = array.data
    if array.dtype.kind == "O":
        array = from_objects(name, array)
    elif array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16 and the like
        array = array.astype(keras.config.floatx())
    elif array.dtype.kind == "f" and array.dtype.itemsize > 8:  # TensorFlow has no longdouble
        array = array.astype(np.float64)
    if array.dtype.kind not in NUMBERS:
        raise ValueError(f"`{name}` must hold real numbers or booleans. Received: an array of type {array.dtype}")
    return array, None


def only_one(name: str, given: Any) -> Any:
    """The array in a list of one array, as Keras takes it; anything else as it is.

    Raises:
        ValueError: For None, several arrays, symbolic tensors, and sparse or ragged ones.
    """
    if given is None:
        raise ValueError(f"`{name}` is missing: pass an array with a row per observation. Received: None")
    if isinstance(given, keras.KerasTensor):
        raise ValueError(f"`{name}` must hold values. Received: a symbolic tensor, {given}")
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise ValueError(
            f"`{name}` must be dense: pass x.toarray(). Received: a sparse matrix of shape {given.shape}"
        )
    if hasattr(given, "dense_shape") or hasattr(given, "ragged_rank"):
        how = "tf.sparse.to_dense(x)" if hasattr(given, "dense_shape") else "x.to_tensor()"
        raise ValueError(f"`{name}` must be dense: pass {how}. Received: {type(given).__name__}")
    if isinstance(given, list | tuple) and given and all(np.ndim(part) > 1 for part in given if is_array(part)):
        arrays = [part for part in given if is_array(part)]
        if len(given) == 1 and arrays:
            return arrays[0]
        if len(arrays) == len(given) and len({part.shape[1:] for part in arrays}) > 1:
            shapes = ", ".join(str(tuple(part.shape)) for part in arrays)
            raise ValueError(f"a VAE has one input: `{name}` must be one array. Received: {len(arrays)}, {shapes}")
    return given


def is_array(value: Any) -> bool:
    """Whether `value` has a shape and a type, as arrays and tensors of every library have."""
    return hasattr(value, "shape") and hasattr(value, "dtype")


def as_array(name: str, given: Any) -> np.ndarray:
    """An array, a tensor, a Series or nested lists as a NumPy array.

    Raises:
        ValueError: For rows of different lengths, and for anything that is no array.
    """
    if isinstance(given, np.ndarray):
        return given
    if hasattr(given, "detach"):  # torch: NumPy refuses tensors with a gradient, or on a GPU
        given = given.detach().cpu()
    if isinstance(given, keras.Variable):
        given = given.value
    if hasattr(given, "iloc"):  # a Series of pandas, whose extension types NumPy does not know
        return given.to_numpy(np.float64, na_value=np.nan) if given.dtype.kind in NUMBERS else given.to_numpy()
    try:
        return np.asarray(given)
    except Exception as error:  # each library raises its own
        raise ValueError(
            f"`{name}` must be an array with a row per observation, all of one length. "
            f"Received: {type(given).__name__}"
        ) from error


def from_objects(name: str, array: np.ndarray) -> np.ndarray:
    """An array of Python's numbers and booleans as float64, None as NaN; a mixed DataFrame gives such an array.

    Raises:
        ValueError: For text, complex numbers and other objects.
    """
    real = (int, float, np.integer, np.floating, np.bool_)
    for value in array.flat:
        if not (value is None or isinstance(value, real)) or isinstance(value, np.timedelta64):
            raise ValueError(
                f"`{name}` must hold real numbers or booleans. Received: {quoted(value)} ({type(value).__name__})"
            )
    return array.astype(np.float64)


def with_row_shape(name: str, array: np.ndarray, row_shape: tuple[int, ...]) -> np.ndarray:
    """`array` as `(n, *row_shape)`: it may have, or lack, an axis of length 1 at the end.

    Raises:
        ValueError: For other shapes, and for an array without rows.
    """
    shape = array.shape[1:]
    if array.ndim and shape != row_shape and 1 in (row_shape[-1:] or (0,)) and shape == row_shape[:-1]:
        return check_array(name, array[..., None], row_shape)
    if array.ndim > 1 and shape == (*row_shape, 1):
        return check_array(name, array[..., 0], row_shape)
    if array.shape == row_shape and shape != row_shape:
        expected = ", ".join(["n", *map(str, row_shape)])
        raise ValueError(
            f"`{name}` must have shape ({expected}): for a single observation pass {name}[None]. "
            f"Received: shape {array.shape}"
        )
    return check_array(name, array, row_shape)


def as_weights(given: Any, n: int | None) -> np.ndarray:
    """Weights of the observations as an array `(n,)` of finite numbers >= 0.

    Raises:
        ValueError: For anything else.
    """
    weights = as_numbers("sample_weight", given)[0].astype(keras.config.floatx())
    if weights.ndim == 2 and weights.shape[1] == 1:
        weights = weights[:, 0]
    if weights.ndim != 1 or (n is not None and len(weights) != n):
        rows = "batch" if n is None else n
        raise ValueError(f"`sample_weight` must have shape ({rows},). Received: shape {weights.shape}")
    check_values("sample_weight", weights, Support(0.0))
    return weights
