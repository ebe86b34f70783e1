"""Reading, checking, scaling and splitting data, and feeding it to training."""

from kvae.data.dataset import load_data
from kvae.data.parts import Data, Part
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec

__all__ = ["Data", "InputSpec", "Part", "Scaling", "load_data"]
