import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as tf_config

from kvae.layers import conv_encoder, mlp_encoder
from kvae.training import compiling, loops
from kvae.training.replicas import WHOLE


def block(n_batches=3, batch=2, **values):
    return {"sample_weight": tf.ones((n_batches, batch)), "steps": tf.constant(2), **values}


@pytest.mark.parametrize("compiled", [True, False])
def test_filled_batches_come_in_order_and_no_others(compiled):
    x = tf.reshape(tf.range(12.0), (6, 2))
    rows = tf.constant([[5, 0], [2, 3], [1, 4]])
    forms = [block(x=x, rows=rows), block(x=tf.gather(x, rows)), block(x=x, rows=rows, prior_mu=-x)]
    for form in forms:
        seen = tf.Variable(tf.zeros((3, 2, 2)))
        step = tf.Variable(0)

        def record(batch, seen=seen, step=step):
            inputs, sample_weight = batch.part(WHOLE)
            expected = -inputs["prior_mu"] if "prior_mu" in inputs else inputs["x"]
            seen.scatter_nd_update([[step]], [expected * sample_weight[:, None]])
            step.assign_add(1)

        run = tf.function(loops.run_block) if compiled else loops.run_block
        run(record, form)
        np.testing.assert_array_equal(seen[:2], tf.gather(x, rows)[:2])
        np.testing.assert_array_equal(seen[2], 0.0)


def test_a_whole_block_gives_its_rows_in_every_step():
    seen = tf.Variable(0.0)

    def record(batch):
        inputs, sample_weight = batch.part(WHOLE)
        assert sample_weight is None and batch.size == 5
        seen.assign_add(tf.reduce_sum(inputs["x"]))

    tf.function(loops.run_block)(record, {"x": tf.ones((5, 2)), "steps": tf.constant(3)})
    assert float(seen) == 30.0


def test_is_block():
    assert loops.is_block(block())
    assert not loops.is_block({"x": 1})
    assert not loops.is_block(np.zeros(3))


def test_xla_pays_but_for_convolutions_without_a_gpu():
    conv = conv_encoder((8, 8, 1), 2, [4], 8)
    inputs = keras.Input((8, 8, 1))
    assert compiling.has_convolution(keras.Model(inputs, conv(inputs)))
    assert compiling.xla_pays(mlp_encoder((6,), 2))
    assert compiling.xla_pays(mlp_encoder((6,), 2), conv) == bool(tf.config.list_physical_devices("GPU"))


def test_the_determinism_of_one_run_does_not_reach_the_next():
    compiling.make_deterministic(jit_compile=False)
    assert tf_config.is_op_determinism_enabled()
    compiling.make_deterministic(jit_compile=True)
    assert not tf_config.is_op_determinism_enabled()
