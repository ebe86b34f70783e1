"""A `_target_` that cannot be found or called, and what is said of it."""

import keras
import pytest

from kvae.config import instantiate
from kvae.errors import InputError, in_short

NO_ROOM = """def make():
    raise RuntimeError("{{function_node x}} OOM when allocating tensor with shape[64,100] and type float [Op:Y]")
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nowhere.encoder", r"=nowhere\.encoder is neither installed nor in .*\. Type it as MODULE\.FUNCTION"),
        ("keras.optimizers.Adm", r"is neither installed nor in .*\. Did you mean keras\.optimizers\.Adam\?"),
        ("needs_it.encoder", "failed: it imports a_module_that_is_not_there, which is not installed"),
        ("torn.encoder", r"failed while it was imported: SyntaxError"),
        ("no_room.make", r"failed: no memory for weights of shape \(64,100\)$"),
    ],
)
def test_a_target_that_cannot_be_called_is_told_in_words(target, expected, tmp_path, monkeypatch):
    (tmp_path / "needs_it.py").write_text("import a_module_that_is_not_there\n")
    (tmp_path / "torn.py").write_text("def (\n")
    (tmp_path / "no_room.py").write_text(NO_ROOM)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=expected):
        instantiate({"_target_": target}, "model.encoder")


def test_what_keras_says_is_cut_to_what_is_wrong():
    with pytest.raises(ValueError) as caught:
        keras.layers.Reshape((8,))(keras.layers.Dense(3)(keras.Input((2,))))
    text = in_short(caught.value)
    assert text.startswith("The total size of the tensor must be unchanged") and "\x1b" not in text
    assert "Arguments" not in text and "Exception" not in text


def test_memory_that_tensorflow_lacks_is_memory_that_is_short():
    import tensorflow as tf

    from kvae.modes import memory_errors
    from kvae.training.failures import out_of_memory

    full = tf.errors.ResourceExhaustedError(
        None, None, "OOM when allocating tensor with shape[64,100] and type float"
    )
    with pytest.raises(MemoryError, match=r"no room for an array of shape \(64,100\)"), memory_errors():
        raise full
    assert out_of_memory(tf.errors.InternalError(None, None, "x")) is None
    with pytest.raises(KeyError), memory_errors():
        raise KeyError
