import numpy as np
import pytest

from kvae.data.batches import Plan, evaluation_batches, sizes, steps_at_once, training_blocks
from kvae.training.loops import batch_of_block

X = np.random.default_rng(0).random((7, 3)).astype(np.float32)
PLAN = Plan(n=7, batch_size=3, itr=2, log_every=1, seed=0)


def test_blocks_hold_row_numbers_of_a_resident_tensor():
    blocks = list(training_blocks(X, PLAN))
    assert len(blocks) == 2
    for block in blocks:
        np.testing.assert_array_equal(block["x"], X)
        rows = block["rows"][block["sample_weight"] > 0]
        np.testing.assert_array_equal(np.sort(rows), np.arange(7))


def test_a_full_batch_is_not_gathered():
    plan = Plan(n=7, batch_size=7, itr=60, log_every=60, seed=0)
    blocks = list(training_blocks(X, plan, prior={"prior_mu": -X}))
    assert [int(block["steps"]) for block in blocks] == [30, 30]
    for block in blocks:
        assert block.keys() == {"x", "prior_mu", "steps"}
        np.testing.assert_array_equal(block["x"], X)
        np.testing.assert_array_equal(block["prior_mu"], -X)


def test_dynamic_binarisation_draws_every_presentation_anew_but_the_same_for_a_seed():
    x = np.full((7, 300), 0.3, np.float32)
    first, second = (b["x"] for b in training_blocks(x, PLAN, "dynamic"))
    again, _ = (b["x"] for b in training_blocks(x, PLAN, "dynamic"))
    assert set(np.unique(first)) == {0.0, 1.0}
    assert abs(first.mean() - 0.3) < 5 * np.sqrt(0.21 / first.size)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


def test_evaluation_batches_hold_every_row_once_in_order():
    batches = list(evaluation_batches(X, batch_size=4).as_numpy_iterator())
    assert [batch["x"].shape for batch in batches] == [(4, 3), (4, 3)]
    rows = np.concatenate([batch["x"][batch["sample_weight"] > 0] for batch in batches])
    np.testing.assert_array_equal(rows, X)


def test_what_fits_in_one_evaluation_batch_is_not_padded():
    (batch,) = evaluation_batches(X, batch_size=7, prior={"prior_mu": -X}).as_numpy_iterator()
    assert batch.keys() == {"x", "prior_mu"}
    np.testing.assert_array_equal(batch["x"], X)


@pytest.mark.parametrize("weights", [None, np.arange(7, dtype=np.float32)])
def test_large_arrays_are_streamed_in_the_order_in_which_small_ones_are_gathered(monkeypatch, weights):
    def steps():
        for block in training_blocks(X, PLAN, prior={"prior_mu": -X}, weights=weights):
            for step in range(block["steps"]):
                batch, weight = batch_of_block(block, step)
                yield *(np.asarray(batch[name])[weight > 0] for name in ("x", "prior_mu")), weight

    gathered = list(steps())
    monkeypatch.setattr(sizes, "RESIDENT_BYTES", 10)
    streamed = list(steps())
    assert len(gathered) == len(streamed) == 6
    for ours, theirs in zip(streamed, gathered, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_streamed_blocks_hold_fewer_steps_of_large_batches(monkeypatch):
    assert steps_at_once(X, 3) == 50
    monkeypatch.setattr(sizes, "RESIDENT_BYTES", 10)
    monkeypatch.setattr(sizes, "BLOCK_BYTES", 100)
    assert [steps_at_once(X, size) for size in (1, 3, 6)] == [8, 2, 1]
    assert steps_at_once(X, 7) == 50
    plan = Plan(7, 3, itr=2, log_every=2, seed=0, steps_at_once=2)
    assert [block["x"].shape for block in training_blocks(X, plan)] == [(2, 3, 3)] * 3


def test_evaluation_batches_of_large_arrays_are_those_of_small_ones(monkeypatch):
    small = list(evaluation_batches(X, 4, {"prior_mu": -X}).as_numpy_iterator())
    monkeypatch.setattr(sizes, "RESIDENT_BYTES", 10)
    large = list(evaluation_batches(X, 4, {"prior_mu": -X}).as_numpy_iterator())
    for ours, theirs in zip(large, small, strict=True):
        for name in ("x", "prior_mu", "sample_weight"):
            np.testing.assert_array_equal(ours[name], theirs[name])
