"""Scores of single cells of a table by a learnt VAE, given the row's other cells, and how usual a score is."""

from kvae.uses.cells.given_others import CellScores, cell_scores
from kvae.uses.cells.usual import Usual

__all__ = ["CellScores", "Usual", "cell_scores"]
