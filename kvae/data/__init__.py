"""Reading, checking, scaling and splitting data, and feeding it to training."""

from kvae.data.dataset import Data, InputSpec, Part, load_data
from kvae.data.scaling import Scaling

__all__ = ["Data", "InputSpec", "Part", "Scaling", "load_data"]
