import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae.data.ahead import one_ahead
from kvae.data.batches.tensors import BatchMemory, aligned, as_tensors, in_place


def batches_of(*arrays):
    start = 0
    for array in arrays:
        yield slice(start, start := start + len(array)), [array, array[:, :1] + 1]


def test_as_tensors_gives_each_batch_its_own_values():
    arrays = [np.full((4, 3), k, np.float32) for k in range(7)]

    for k, (rows, (x, more)) in enumerate(one_ahead(as_tensors(batches_of(*arrays)))):
        np.testing.assert_array_equal(x, arrays[k])
        np.testing.assert_array_equal(more, arrays[k][:, :1] + 1)
        assert rows == slice(4 * k, 4 * k + 4)


def test_a_batch_stays_while_the_next_one_is_made_and_its_memory_is_used_again():
    arrays = [np.full((4, 3), k, np.float32) for k in range(3)]
    found = as_tensors(batches_of(*arrays))

    first = next(found)[1][0]
    second = next(found)[1][0]
    np.testing.assert_array_equal(first, arrays[0])
    third = next(found)[1][0]

    np.testing.assert_array_equal(second, arrays[1])
    np.testing.assert_array_equal(first, arrays[2])
    assert third is first


@pytest.mark.parametrize("shape", [(2, 3), (4, 5), (0, 3)])
def test_another_shape_has_memory_of_its_own(shape):
    memory, part = BatchMemory(), np.arange(12, dtype=np.float32).reshape(4, 3)
    kept = memory.filled(part)
    for value in range(3):
        np.testing.assert_array_equal(memory.filled(np.full(shape, value, np.float32)), np.full(shape, value))

    np.testing.assert_array_equal(kept, part)


def test_another_type_keeps_its_digits():
    memory = BatchMemory()
    memory.filled(np.zeros((1, 2), np.float32))

    np.testing.assert_array_equal(memory.filled(np.array([[1 / 3, 1e300]])), [[1 / 3, 1e300]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int32", "bool"])
def test_other_types_are_copied_by_tensorflow(dtype):
    part = keras.ops.convert_to_numpy(tf.cast([[0, 1], [1, 1]], dtype))
    memory = BatchMemory()

    found = [memory.filled(part) for _ in range(3)]

    assert found[0].dtype == dtype and found[0] is not found[2]
    np.testing.assert_array_equal(tf.cast(found[0], "int32"), [[0, 1], [1, 1]])


def test_on_a_gpu_tensorflow_copies(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    memory, part = BatchMemory(), np.ones((2, 2), np.float32)

    found = [memory.filled(part) for _ in range(3)]

    assert found[0] is not found[2]


@pytest.mark.parametrize("size", [1, 3, 16, 1000, 802_816])
def test_memory_is_read_in_place_and_starts_where_kernels_need_it(size):
    memory = aligned((size, 1), np.dtype("float32"))
    memory[:] = 0
    tensor = in_place(memory)
    memory[:] = 1

    assert memory.ctypes.data % 64 == 0 and memory.flags.c_contiguous
    np.testing.assert_array_equal(tensor, np.ones((size, 1)))


def test_a_tensorflow_that_copies_is_refused(monkeypatch):
    monkeypatch.setattr(tf.experimental.dlpack, "from_dlpack", lambda capsule: tf.zeros((2, 2)))

    with pytest.raises(RuntimeError, match=rf"^TensorFlow {tf.__version__} copies memory"):
        BatchMemory().filled(np.ones((2, 2), np.float32))
