import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kvae.training import replicas
from kvae.training.replicas import WHOLE, Part

CASES = ["compiled", "weighed, clipped, free bits", "whole, then batches"]


@pytest.fixture(scope="module")
def losses():
    """What tests/training/mirrored_losses.py prints."""
    script = Path(__file__).with_name("mirrored_losses.py")
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_three_devices_learn_what_one_learns(losses, case):
    assert losses["devices"] == 3
    one, mirrored = (tf.nest.flatten(losses[which][case]) for which in ("one", "mirrored"))
    assert len(one) > 50
    np.testing.assert_allclose(mirrored, one, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_three_devices_learn_what_one_learns_with_layers_that_look_at_the_whole_batch(losses):
    one, mirrored = (losses[which]["layers"] for which in ("one", "mirrored"))
    assert one[0].keys() == mirrored[0].keys() > {"regularization"}
    for a, b in zip(tf.nest.flatten(one), tf.nest.flatten(mirrored), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_a_batch_that_leaves_a_device_without_rows_is_refused_where_layers_learn_from_it(losses):
    assert "a batch of 1 leaves some of 3 devices without rows" in losses["refusal"]


@pytest.mark.slow
def test_a_named_device_learns_the_same_and_holds_the_weights(losses):
    assert losses["placed"].pop("places") == ["CPU:1"]
    one, placed = (tf.nest.flatten(losses[which]["compiled"]) for which in ("one", "placed"))
    np.testing.assert_allclose(placed, one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n", [1, 7, 12])
def test_parts_make_the_whole_and_are_as_equal_as_can_be(n):
    values = tf.range(n)
    parts = [Part(index, 3).of(values) for index in range(3)]
    np.testing.assert_array_equal(tf.concat(parts, 0), values)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    np.testing.assert_array_equal(Part(1, 3).of(tf.stack([values, -values]), axis=1)[1], -parts[1])
    assert WHOLE.of(values) is values


def test_a_batch_is_taken_in_parts():
    batch = replicas.batch({"x": tf.range(4.0), "prior_mu": -tf.range(4.0)}, None)
    inputs, sample_weight = batch.part(Part(1, 2))
    assert batch.size == 4 and sample_weight is None
    np.testing.assert_array_equal(inputs["prior_mu"], [-2.0, -3.0])


def test_outside_of_a_step_the_total_is_the_value():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        assert float(replicas.total(tf.constant(3.0))) == 3.0


def test_losses_of_layers_beside_synchronized_ones_are_refused():
    class Layer:
        def __init__(self, synchronized, losses):
            self.synchronized, self._losses = synchronized, losses

    replicas.check_losses([Layer(True, []), Layer(False, [])])
    replicas.check_losses([Layer(False, [1.0])])
    with pytest.raises(ValueError, match="leave out synchronized=True, or activity_regularizer"):
        replicas.check_losses([Layer(True, []), Layer(False, [1.0])])
