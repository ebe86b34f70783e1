"""How unusual single cells of a table are to a learnt VAE: given the row's other cells, and beside the column."""

from kvae.uses.cells.given_others import CellScores, cell_scores
from kvae.uses.cells.usual import Usual

__all__ = ["CellScores", "Usual", "cell_scores"]
