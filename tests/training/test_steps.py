"""What a step takes from its strategy."""

import tensorflow as tf

from kvae.training.steps import one_device


def test_keras_is_told_of_one_device_also_where_a_strategy_has_its_scope():
    alone = tf.distribute.get_strategy()
    one_device.cache_clear()
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        assert tf.distribute.get_strategy() is strategy
        assert one_device() is alone
    assert one_device() is alone
