"""Tables with columns of any kinds: read them, recognise the columns, and convert rows to numbers and back."""

from kvae.data.table.columns_file import write_columns_file
from kvae.data.table.complete import complete
from kvae.data.table.given import in_form_of
from kvae.data.table.inferring import infer_columns
from kvae.data.table.reading import read_frame
from kvae.data.table.rows import decode, encode
from kvae.data.table.shown import show_columns
from kvae.data.table.spelling import as_spelled, as_written
from kvae.data.table.writing import write_table

__all__ = [
    "as_spelled",
    "as_written",
    "complete",
    "decode",
    "encode",
    "in_form_of",
    "infer_columns",
    "read_frame",
    "show_columns",
    "write_columns_file",
    "write_table",
]
