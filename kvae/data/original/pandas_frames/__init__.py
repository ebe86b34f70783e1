"""Rows of pandas DataFrames in memory, with the columns that a model does not read."""

from kvae.data.original.pandas_frames.rows import FrameFile, FrameResult, FrameRows

__all__ = ["FrameFile", "FrameResult", "FrameRows"]
