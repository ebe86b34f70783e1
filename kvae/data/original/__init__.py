"""Rows as their source has them, in its own types and with all of its columns, and files of them written anew.

What is learnt from and measured is float32 in the model's units; who gives the data back needs it as it came.
"""

from kvae.data.original.came import AsCame, Original, Piece
from kvae.data.original.writers import Writer, result, writer

__all__ = ["AsCame", "Original", "Piece", "Writer", "result", "writer"]
