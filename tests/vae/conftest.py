import functools

import keras
import pytest


@pytest.fixture
def make_vae(make_vae):
    """That of all tests, with plain steps: those of Adam take longer than all else that the tests of a folder do."""
    return functools.partial(make_vae, optimizer=keras.optimizers.SGD)
