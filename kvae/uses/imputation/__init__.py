"""Gaps of observations filled with what a learnt VAE knows of them, and how sure it is."""

from kvae.uses.imputation.filling import DRAWS, Imputed, check_draws, impute

__all__ = ["DRAWS", "Imputed", "check_draws", "impute"]
