"""A layer that is applied to every time step of a sequence separately."""

from dataclasses import dataclass

from kvae.exact.calls import Call, counterpart, of_layers
from kvae.exact.operation import Array, Operation


@dataclass(frozen=True, eq=False)
class EveryStep(Operation):
    """An operation on each time step of a row, as if it were a row."""

    inner: Operation

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        result = self.inner(units.reshape(-1, *units.shape[2:]))
        return result.reshape(len(units), -1, *result.shape[1:])

    def widest(self, size: int) -> int:
        return self.inner.widest(size)


@of_layers("TimeDistributed")
def time_distributed(call: Call) -> Operation:
    (shape,) = call.shapes
    inner = counterpart(Call(call.layer.layer, call.bounds, (shape[1:],), call.output_shape[1:]))
    return EveryStep(inner.bound, inner)
