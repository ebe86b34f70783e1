"""DataFrames in memory, as they were given."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.data.original.came import Original
from kvae.data.original.pandas_frames import FrameRows
from kvae.data.original.tables import TableRows


def as_frame(frame: Any, features: Sequence[int]) -> Original:
    """The rows of a DataFrame of pandas or polars; `features` are positions of the columns that the model reads.

    Raises:
        ValueError: For a DataFrame of another library, or columns that cannot be restored, by name.
    """
    library = type(frame).__module__.partition(".")[0]
    if library == "pandas":
        return FrameRows(frame, features)
    if library == "polars":
        return TableRows("`x`", frame.lazy(), features)
    raise ValueError(
        "a DataFrame must be of pandas or polars to be restored exactly: pass x.to_pandas(), or an array. "
        f"Received: {type(frame).__module__}.{type(frame).__name__}"
    )


def renumbered(found: Any, parts: Sequence[range], n: int) -> Any:
    """`found`, rows `parts` of `n`; a RangeIndex of pandas gets the original labels of these rows."""
    kept = sum(map(len, parts))
    if kept == n or not hasattr(found, "iloc"):
        return found
    import pandas as pd

    index = found.index
    if not isinstance(index, pd.RangeIndex):
        return found
    begin, end = parts[0].start, parts[-1].stop
    counts = pd.RangeIndex(
        index.start + index.step * begin, index.start + index.step * end, index.step, name=index.name
    )
    return found.set_axis(counts if end - begin == kept else counts[np.concatenate(parts) - begin])
