"""Dense layers: products with matrices of whole numbers."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, of_layers
from kvae.exact.layers.activation import activated
from kvae.exact.operation import Array, Operation
from kvae.exact.units import bounded, rounded
from kvae.exact.whole import whole


@dataclass(frozen=True, eq=False)
class Linear(Operation):
    """Vectors along the last axis times a matrix, plus an offset, all of whole numbers.

    Attributes:
        kernel, offset, shift, largest: Those of `Whole`, the last being its bound.
    """

    kernel: Array
    offset: Array
    shift: int
    largest: int

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        products = units.reshape(-1, units.shape[-1]) @ self.kernel
        products += self.offset
        products *= 2.0**-self.shift
        return rounded(products, self.largest).reshape(*units.shape[:-1], -1)

    def widest(self, size: int) -> int:
        return max(size, size // max(1, len(self.kernel)) * len(self.offset))


def linear(kernel: np.ndarray, bias: np.ndarray | None, bound: int) -> Linear:
    """`Linear` of weights `(n_inputs, n_outputs)` and a bias."""
    it = whole(kernel, bias, bound)
    return Linear(bounded(it.bound), it.kernel, it.offset, it.shift, it.bound)


@of_layers("Dense")
def dense(call: Call) -> Operation:
    bias = call.weight("bias") if call.layer.use_bias else None
    return activated(linear(call.weight("kernel"), bias, call.bound), call.layer.activation)
