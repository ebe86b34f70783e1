import functools

import keras
import pytest


@pytest.fixture
def make_vae(make_vae):
    """That of all tests, with plain steps: those of Adam take as long as all else in a step."""
    return functools.partial(make_vae, optimizer=keras.optimizers.SGD)
