"""The same numbers on every machine, to the bit: functions, arrays, sums and networks for coding.

NumPy alone. `functions` and `normal` hold elementary functions, `Exact` is an array that refuses what machines
compute differently, `ops` has the names of `keras.ops` for formulas that take tensors or `Exact`, and
`ExactNetwork` is a learnt Keras model in whole numbers.
"""

from kvae.exact.array import Exact
from kvae.exact.network import ExactNetwork

__all__ = ["Exact", "ExactNetwork"]
