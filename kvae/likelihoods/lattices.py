"""An image as four lattices: its pixels of even or odd rows and columns, one lattice after the other.

The order is coarse to fine (Reed et al. 2017, Parallel multiscale autoregressive density estimation): even rows
and columns; the pixels between four of those, diagonally; then the two lattices between those. Height and width of
a lattice are half of the image's, rounded up; pixels that this adds at the lower and right edge are 0.
"""

from typing import Any

import numpy as np

Tensor = Any

# Row and column of the first pixel of every lattice.
LATTICES = ((0, 0), (1, 1), (0, 1), (1, 0))
# The position of every lattice within a block of 2 x 2 pixels, and the lattice of every position.
PLACES = [2 * row + column for row, column in LATTICES]
LATTICE_OF = [PLACES.index(place) for place in range(4)]


def lattice_shape(data_shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a lattice of an image `(height, width, channels)`."""
    return -(-data_shape[0] // 2), -(-data_shape[1] // 2)


def to_lattices(x: Tensor, ops: Any) -> list[Tensor]:
    """The lattices of images `(n, height, width, channels)`: four of `(n, rows, columns, channels)`.

    Args:
        x: Images.
        ops: The module that computes: `keras.ops` or `numpy`.
    """
    height, width, channels = x.shape[1:]
    rows, columns = lattice_shape((height, width))
    x = ops.pad(x, ((0, 0), (0, 2 * rows - height), (0, 2 * columns - width), (0, 0)))
    x = ops.reshape(x, (-1, rows, 2, columns, 2, channels))
    return [x[:, :, row, :, column] for row, column in LATTICES]


def from_lattices(lattices: list[Tensor], shape: tuple[int, ...], ops: Any) -> Tensor:
    """The images `(n, *shape)` that have these lattices."""
    height, width, channels = shape
    rows, columns = lattice_shape(shape)
    x = ops.stack([lattices[i] for i in LATTICE_OF], axis=3)  # (n, rows, columns, 4, channels)
    x = ops.reshape(x, (-1, rows, columns, 2, 2, channels))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 2 * rows, 2 * columns, channels))
    return x[:, :height, :width]


def inside(shape: tuple[int, ...], lattice: int) -> np.ndarray:
    """Which values of a lattice are in the image: booleans `(rows, columns, channels)`."""
    return to_lattices(np.ones((1, *shape), bool), np)[lattice][0]
