import pytest
import tensorflow as tf

from kvae.config import compose
from kvae.errors import InputError
from kvae.training import devices


@pytest.mark.parametrize("name", ["cpu", "cpu:0"])
def test_computing_is_placed_on_the_named_device(name):
    with devices.placed(None, name):
        assert tf.constant(1.0).device.endswith("CPU:0")
    assert devices.device_named(None) is None


def test_a_device_that_is_not_here_is_named_with_those_that_are():
    with pytest.raises(InputError, match=r"train.device=cpu:7 does not exist on this machine. It has: .*cpu:0"):
        devices.prepare(None, "cpu:7")


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
    strategy = devices.strategy_of("mirrored", "cpu")
    assert strategy is devices.strategy_of("mirrored", "cpu")
    assert strategy.num_replicas_in_sync == len(tf.config.list_logical_devices("CPU"))
    with pytest.raises(InputError, match=r"train.device must be cpu, gpu or null. Received: train.device=cpu:0"):
        devices.prepare("mirrored", "cpu:0")
    with devices.scope("mirrored", "cpu"):
        assert tf.distribute.get_strategy() is strategy


def test_gpu_memory_grows(monkeypatch):
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["first", "second"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append((gpu, on)))
    devices.allow_memory_growth()
    assert grown == [("first", True), ("second", True)]


def test_memory_grows_before_anything_else_of_a_run(monkeypatch):
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["first"] if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append((gpu, on)))
    devices.prepare(None, "cpu")
    assert grown == [("first", True)]


class TwoWorkers:
    """A strategy of two workers as one of them sees it: sums are over its own numbers and those of the other."""

    def __init__(self, other=None):
        self.other, self.own = other, None

    def run(self, function):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tf.distribute, "get_replica_context", lambda: self)
            return function()

    def all_reduce(self, how, numbers):
        assert how is tf.distribute.ReduceOp.MEAN
        self.own = numbers[0]
        other = self.own if self.other is None else self.other
        return [(own + theirs) / 2 for own, theirs in zip(numbers, [other, other**2], strict=True)]

    def experimental_local_results(self, value):
        return (value,)


@pytest.mark.usefixtures("eager")
def test_workers_that_are_about_to_do_different_things_are_refused():
    chief = TwoWorkers()
    devices.check_agreement(chief, config={"a": 1}, data=b"x", checkpoint=(3, 0))
    with pytest.raises(InputError, match=r"the workers differ in config, checkpoint\. Give each the same command"):
        devices.check_agreement(TwoWorkers(chief.own), config={"a": 2}, data=b"x", checkpoint=(4, 0))


def test_workers_that_agree_pass():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    devices.check_agreement(strategy, config={"a": 1}, checkpoint=3)
    devices.check_agreement(None, config={"a": 1})
