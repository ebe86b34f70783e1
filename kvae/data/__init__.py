"""Reading, checking, scaling and splitting data, and feeding it to training."""

from kvae.data.dataset import Data, Part, load_data
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec

__all__ = ["Data", "InputSpec", "Part", "Scaling", "load_data"]
