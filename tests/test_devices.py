import pytest
import tensorflow as tf

from kvae import devices
from kvae.config import compose
from kvae.errors import InputError


@pytest.mark.parametrize("name", ["cpu", "cpu:0"])
def test_computing_is_placed_on_the_named_device(name):
    with devices.placed(compose(f"train.device={name}")):
        assert tf.constant(1.0).device.endswith("CPU:0")
    assert devices.device_named(None) is None


def test_a_device_that_is_not_here_is_named_with_those_that_are():
    with pytest.raises(InputError, match=r"train.device=cpu:7 is not here. There is: .*cpu:0"):
        devices.prepare(compose("train.device=cpu:7"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.device=tpu", r"train.device must be cpu or gpu, .* Received: 'tpu'. .* train.device=gpu:0"),
        ("train.strategy=both", r"train.strategy must be one of mirrored, multi_worker or null. Received: 'both'"),
    ],
)
def test_wrong_names_are_refused(override, message):
    with pytest.raises(InputError, match=message):
        compose(override)


def test_a_strategy_takes_all_devices_of_a_kind():
    train = compose("train.strategy=mirrored", "train.device=cpu").train
    strategy = devices.strategy_of(train)
    assert strategy is devices.strategy_of(train)
    assert strategy.num_replicas_in_sync == len(tf.config.list_logical_devices("CPU"))
    with pytest.raises(InputError, match=r"train.device must be cpu, gpu or null. Received: train.device=cpu:0"):
        devices.prepare(compose("train.strategy=mirrored", "train.device=cpu:0"))
    with devices.scope(train):
        assert tf.distribute.get_strategy() is strategy


def test_gpu_memory_grows(monkeypatch):
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["first", "second"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append((gpu, on)))
    devices.let_memory_grow()
    assert grown == [("first", True), ("second", True)]


def test_workers_that_agree_pass():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    devices.check_agreement(strategy, config={"a": 1}, checkpoint=3)
    devices.check_agreement(None, config={"a": 1})
