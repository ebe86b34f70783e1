"""Tables as text: .csv, .tsv and .txt, as people and their programs write them."""

from kvae.data.text.format import TextFormat
from kvae.data.text.numbers import MISSING
from kvae.data.text.rows import TextTable, read_text

__all__ = ["MISSING", "TextFormat", "TextTable", "read_text"]
