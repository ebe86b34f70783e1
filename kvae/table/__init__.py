"""The columns of a table as plain values: their kinds and codings, for reading data and for models."""

from kvae.table.coding import coded
from kvae.table.column import MISSING, Column
from kvae.table.spec import LeftOut, TableSpec

__all__ = ["MISSING", "Column", "LeftOut", "TableSpec", "coded"]
