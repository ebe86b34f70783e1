"""Batches of NumPy arrays as tensors: copied once, into memory that TensorFlow reads in place."""

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf
from keras import ops

# Number of buffers: one batch is computed while the next one is copied.
IN_TURN = 2
# Alignment of TensorFlow's memory in bytes. Its kernels fail on memory with a smaller alignment.
ALIGNMENT = 64
SHARED = (np.dtype("float32"), np.dtype("float64"))


class BatchMemory:
    """Buffers for batches of one shape, used in turn, so that no batch needs new memory.

    New memory costs more time than the copy, because the system clears its pages first.
    """

    def __init__(self) -> None:
        self.memory: list[np.ndarray] = []
        self.tensors: list[tf.Tensor] = []
        self.turn = 0

    def filled(self, part: np.ndarray) -> tf.Tensor:
        """`part` as a tensor, whose values are valid until `IN_TURN` calls later.

        The first part sets the shape of the buffers. A part of another shape is copied into new memory, and so is
        every part on a machine with a GPU, which needs a copy anyway.
        """
        if not self.memory and part.size and part.dtype in SHARED and not tf.config.list_physical_devices("GPU"):
            self.memory = [aligned(part.shape, part.dtype) for _ in range(IN_TURN)]
            self.tensors = [in_place(one) for one in self.memory]
        if not self.memory or (part.shape, part.dtype) != (self.memory[0].shape, self.memory[0].dtype):
            return ops.convert_to_tensor(part)
        self.turn = (self.turn + 1) % IN_TURN
        np.copyto(self.memory[self.turn], part)
        return self.tensors[self.turn]


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An empty array that starts at a multiple of `ALIGNMENT` bytes."""
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def in_place(memory: np.ndarray) -> tf.Tensor:
    """A tensor whose values are those of `memory`, also after `memory` is written to.

    Raises:
        RuntimeError: When TensorFlow copies the memory, for then all batches would have the values of the first.
    """
    tensor = tf.experimental.dlpack.from_dlpack(memory.__dlpack__())
    if not np.shares_memory(np.asarray(memoryview(tensor)), memory):
        raise RuntimeError(f"TensorFlow {tf.__version__} copies memory that it should read in place")
    return tensor


def as_tensors(batches: Iterable[tuple[slice, list[np.ndarray]]]) -> Iterator[tuple[slice, list[tf.Tensor]]]:
    """The batches as tensors; a batch is valid until the batch after the next one is requested."""
    memories: list[BatchMemory] = []
    for rows, batch in batches:
        memories = memories or [BatchMemory() for _ in batch]
        yield rows, [memory.filled(part) for memory, part in zip(memories, batch, strict=True)]
