import pytest


@pytest.fixture(autouse=True)
def no_determinism_afterwards():
    """Runs without XLA switch TensorFlow's op determinism on, which is the process's own: others get it off."""
    yield
    from kvae.training import compiling

    compiling.make_deterministic(jit_compile=True)
