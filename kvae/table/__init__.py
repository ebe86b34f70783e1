"""What the columns of a table mean, as plain values: for data that is read, and for models that learn it."""

from kvae.table.coding import coded
from kvae.table.column import MISSING, Column
from kvae.table.spec import LeftOut, TableSpec

__all__ = ["MISSING", "Column", "LeftOut", "TableSpec", "coded"]
