import pytest
import tensorflow as tf

from kvae.errors import InputError, WorkerLostError
from kvae.training.failures import as_input_error


def test_what_data_says_while_it_is_read_is_the_users_to_mend():
    error = tf.errors.UnknownError(
        None, None, "InputError: a.png cannot be read\nTraceback (most recent call last)"
    )
    mended = as_input_error(error, several=False)
    assert type(mended) is InputError and str(mended) == "a.png cannot be read"


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.UnavailableError(None, None, "Socket closed"),
        tf.errors.InternalError(None, None, "a trace\nCollective ops is aborted by: Connection reset by peer"),
    ],
)
def test_a_lost_worker_is_told_from_a_fault(error):
    assert isinstance(as_input_error(error, several=True), WorkerLostError)
    assert as_input_error(error, several=False) is None


def test_a_device_without_memory_is_no_lost_worker():
    assert as_input_error(tf.errors.ResourceExhaustedError(None, None, "OOM"), several=True) is None
