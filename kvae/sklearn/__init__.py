"""VAEs as estimators of scikit-learn: a transformer, an outlier detector and an imputer."""

from kvae.sklearn.detector import VAEDetector
from kvae.sklearn.imputer import VAEImputer
from kvae.sklearn.transformer import VAETransformer

__all__ = ["VAEDetector", "VAEImputer", "VAETransformer"]
