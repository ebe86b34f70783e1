"""VAEs as estimators of scikit-learn: a transformer and an outlier detector for tables of numbers."""

from kvae.sklearn.detector import VAEDetector
from kvae.sklearn.transformer import VAETransformer

__all__ = ["VAEDetector", "VAETransformer"]
