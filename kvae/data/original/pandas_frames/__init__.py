"""DataFrames of pandas as they came, in memory, with the columns that a model does not read."""

from kvae.data.original.pandas_frames.rows import FrameFile, FrameResult, FrameRows

__all__ = ["FrameFile", "FrameResult", "FrameRows"]
