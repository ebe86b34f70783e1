"""Multimodal latent Dirichlet allocation: one set of topics for several kinds of words of the same rows."""

from kvae.modules.mlda.mlda import MLDA

__all__ = ["MLDA"]
