"""Fills gaps of observations with a learnt VAE, and gives the uncertainty of each value."""

from kvae.uses.imputation.filling import DRAWS, Imputed, check_draws, impute

__all__ = ["DRAWS", "Imputed", "check_draws", "impute"]
