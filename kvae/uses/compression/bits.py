"""Plain bits on the stack: whole numbers with a uniform distribution."""

import numpy as np

from kvae.uses.compression.stack import Stack, constriction

# Numbers of more bits are pushed in parts, since the stack's models have 24 bits.
AT_ONCE = 16


def push_bits(stack: Stack, values: np.ndarray, n_bits: np.ndarray) -> None:
    """Push whole numbers `(n,)` below 2^n_bits, int64; numbers of 0 bits push nothing."""
    for first in reversed(range(0, most(n_bits), AT_ONCE)):
        some, sizes = part(n_bits, first)
        symbols = (values[some] >> first) & (sizes - 1)
        stack.push(symbols.astype(np.int32), constriction().stream.model.Uniform(), sizes.astype(np.int32))


def pop_bits(stack: Stack, n_bits: np.ndarray) -> np.ndarray:
    """Pop what `push_bits` pushed, int64 `(n,)`."""
    values = np.zeros(len(n_bits), np.int64)
    for first in range(0, most(n_bits), AT_ONCE):
        some, sizes = part(n_bits, first)
        symbols = stack.pop(constriction().stream.model.Uniform(), sizes.astype(np.int32))
        values[some] |= symbols.astype(np.int64) << first
    return values


def most(n_bits: np.ndarray) -> int:
    """The largest number of bits; 0 if the array is empty."""
    return int(n_bits.max(initial=0))


def part(n_bits: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the numbers with bits from `first` on, and how many values the next bits of each can take."""
    some = np.flatnonzero(n_bits > first)
    return some, np.int64(1) << np.minimum(n_bits[some] - first, AT_ONCE)
