"""Rows as their source has them, in its own types and with all of its columns, and writers that restore them.

Models learn from float32 in their own units. Archives restore the data exactly, and need it as the source has it.
"""

from kvae.data.original.came import AsCame, Original, Piece
from kvae.data.original.writers import Writer, result, writer

__all__ = ["AsCame", "Original", "Piece", "Writer", "result", "writer"]
