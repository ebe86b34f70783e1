import numpy as np

from kvae.data.pipeline import evaluation_batches, training_blocks
from kvae.plan import Plan

X = np.random.default_rng(0).random((7, 3)).astype(np.float32)
PLAN = Plan(n=7, batch_size=3, itr=2, log_every=1, seed=0)


def test_blocks_hold_row_numbers_of_a_resident_tensor():
    blocks = list(training_blocks(X, PLAN).as_numpy_iterator())
    assert len(blocks) == 2
    for block in blocks:
        np.testing.assert_array_equal(block["x"], X)
        rows = block["rows"][block["sample_weight"] > 0]
        np.testing.assert_array_equal(np.sort(rows), np.arange(7))


def test_a_full_batch_is_not_gathered():
    plan = Plan(n=7, batch_size=7, itr=60, log_every=60, seed=0)
    blocks = list(training_blocks(X, plan, prior={"prior_mu": -X}).as_numpy_iterator())
    assert [int(block["steps"]) for block in blocks] == [30, 30]
    for block in blocks:
        assert block.keys() == {"x", "prior_mu", "steps"}
        np.testing.assert_array_equal(block["x"], X)
        np.testing.assert_array_equal(block["prior_mu"], -X)


def test_dynamic_binarisation_draws_every_presentation_anew_but_the_same_for_a_seed():
    x = np.full((7, 300), 0.3, np.float32)
    first, second = (b["x"] for b in training_blocks(x, PLAN, "dynamic").as_numpy_iterator())
    again, _ = (b["x"] for b in training_blocks(x, PLAN, "dynamic").as_numpy_iterator())
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
