"""Tables as text: .csv, .tsv and .txt, with detection of their format."""

from kvae.data.text.format import TextFormat
from kvae.data.text.numbers import MISSING
from kvae.data.text.rows import TextTable, read_text

__all__ = ["MISSING", "TextFormat", "TextTable", "read_text"]
