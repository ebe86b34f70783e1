import numpy as np
import pytest

from kvae import callbacks as cb
from kvae.data.batches import Plan
from kvae.process.interrupts import Interrupted
from kvae.training.checkpoint_callback import Checkpoint
from kvae.training.checkpoint_file import TrainingState

PLAN = Plan(n=60, batch_size=20, itr=10, log_every=2, seed=0, steps_at_once=2)  # three blocks per interval


class Kept:
    """What a `Checkpoint` takes and writes, without a model."""

    def __init__(self, plan=PLAN, every=(4, None), weights=1.0, check=lambda: None):
        self.written, self.weights = [], weights
        self.guard = cb.StopOnNaN(plan)
        self.guard.set_model(type("Model", (), {"tracked": [], "stop_training": False})())
        self.checkpoint = Checkpoint(plan, every, self.take, self.write, self.guard, check)
        self.checkpoint.set_model(self.guard.model)

    def take(self, iteration, steps, sums):
        return TrainingState(iteration, False, [], [np.array(self.weights)], steps=steps, trackers=sums)

    def write(self, state):
        self.written.append((state.iteration, state.steps))

    def interval(self, number, blocks=3, validate=False):
        self.checkpoint.on_epoch_begin(number)
        for block in range(blocks):
            self.checkpoint.on_train_batch_end(block)
        if validate:
            self.checkpoint.on_test_begin()
            self.checkpoint.on_test_batch_end(0)
        self.checkpoint.on_epoch_end(number)


@pytest.mark.parametrize("count", [0.0, 40.0])
def test_sums_of_losses_of_layers_are_reported_where_no_step_is_left_of_an_interval(make_vae, count):
    """As when the program was asked to end while it evaluated."""
    vae = make_vae()
    sums = [np.array(value) for _ in ("loss", "reconstruction", "kl") for value in (80.0, 40.0)]
    end = Checkpoint(
        PLAN, (4, None), None, None, cb.StopOnNaN(PLAN), sums=[*sums, np.array(2 * count), np.array(count)]
    )
    end.set_model(vae)
    end.on_epoch_begin(0)
    assert ("regularization" in vae.metrics_names) is (count > 0)
    if count:
        assert float(vae.get_metrics_result()["regularization"]) == 2.0


def test_a_state_is_written_when_its_iterations_are_done():
    kept = Kept()
    for number in range(5):
        kept.interval(number)
    assert kept.written == [(4, 0), (8, 0)]
    kept.checkpoint.flush()
    kept.checkpoint.flush()
    assert kept.written == [(4, 0), (8, 0), (10, 0)]


def test_a_state_within_an_interval_is_written_when_it_is_due_there():
    kept = Kept(every=(1, None))
    kept.interval(0)
    assert kept.written == [(0, 4), (2, 0)]  # the first pass ends within the second block


def test_a_time_that_has_passed_makes_every_block_due():
    kept = Kept(every=(None, 1e-9))
    kept.interval(0)
    assert kept.written == [(0, 2), (0, 4), (2, 0)]
    kept = Kept(every=(None, 1e9))
    kept.interval(0)
    assert kept.written == []


@pytest.mark.parametrize(("calls", "expected"), [(1, (0, 2)), (3, (0, 6)), (4, (2, 2))])
def test_who_asks_for_the_end_gets_the_state_of_that_moment(calls, expected):
    left = [calls]

    def check():
        left[0] -= 1
        if not left[0]:
            raise Interrupted(15)

    kept = Kept(every=(100, None), check=check)
    with pytest.raises(Interrupted):
        kept.interval(0, validate=calls == 3)
        kept.interval(1)
    # Two blocks ask, the third leaves it to what follows: validation, or the end of the interval.
    assert kept.written == [expected]
    assert (kept.checkpoint.last.iteration, kept.checkpoint.last.steps) == expected


def test_what_is_not_finite_is_not_kept_and_ends_the_training():
    kept = Kept(every=(1, 0.0), weights=np.nan)
    kept.interval(0)
    assert kept.written == []
    assert kept.checkpoint.last is None
    assert kept.guard.iteration == 2
    assert kept.guard.model.stop_training


def test_nothing_is_written_before_anything_is_done():
    kept = Kept()
    kept.checkpoint.flush()
    assert kept.written == []


def test_a_resumed_run_is_due_when_an_unbroken_one_would_be():
    kept = Kept(plan=Plan(n=60, batch_size=20, itr=10, log_every=2, seed=0, start=2, steps_at_once=2))
    kept.interval(1)
    kept.interval(2)
    assert kept.written == [(4, 0)]
