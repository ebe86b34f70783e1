import numpy as np
import pytest

from kvae.data.batches import STEPS_PER_BLOCK, Plan


def blocks_of(plan):
    return [plan.block(number) for number in range(plan.first_block, plan.n_blocks)]


def rows_in_order(plan):
    """Row numbers of all filled places, step by step."""
    rows = []
    for block in blocks_of(plan):
        for step in range(block["steps"]):
            rows.append(block["rows"][step][block["sample_weight"][step] > 0])
        assert not block["sample_weight"][block["steps"] :].any()
    return rows


@pytest.mark.parametrize("n", [1, 7, 100])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
@pytest.mark.parametrize(("itr", "log_every"), [(1, 1), (5, 2), (6, 3), (120, 60)])
def test_every_pass_holds_every_row_once(n, batch_size, itr, log_every):
    plan = Plan(n, min(batch_size, n), itr, log_every, seed=0)
    rows = np.concatenate(rows_in_order(plan)).reshape(itr, n)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(n), (itr, 1)))


def test_blocks_have_one_shape_and_every_interval_as_many():
    plan = Plan(n=1000, batch_size=7, itr=5, log_every=2, seed=0)
    blocks = blocks_of(plan)
    assert len(blocks) == plan.n_intervals * plan.blocks_per_interval
    assert {block["rows"].shape for block in blocks} == {(plan.steps_per_block, 7)}
    assert plan.steps_per_block <= STEPS_PER_BLOCK
    assert sum(int(block["steps"]) for block in blocks) == plan.itr * plan.steps_per_pass


@pytest.mark.parametrize("start", [1, 2, 4, 5])
def test_a_resumed_plan_goes_on_with_the_same_rows(start):
    whole = rows_in_order(Plan(n=50, batch_size=8, itr=6, log_every=2, seed=3))
    rest = rows_in_order(Plan(n=50, batch_size=8, itr=6, log_every=2, seed=3, start=start))
    for a, b in zip(whole[start * 7 :], rest, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("at_once", [3, 50])
@pytest.mark.parametrize("skip", [1, 6, 7, 9, 14])
def test_a_plan_that_is_resumed_within_an_interval_goes_on_with_the_same_rows(skip, at_once):
    whole = rows_in_order(Plan(50, 8, itr=6, log_every=2, seed=3, steps_at_once=at_once))
    plan = Plan(50, 8, itr=6, log_every=2, seed=3, start=2, steps_at_once=at_once, skip=skip)
    for a, b in zip(whole[2 * 7 + skip :], rows_in_order(plan), strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_after_a_block_count_from_the_start_of_its_interval():
    plan = Plan(n=1000, batch_size=7, itr=5, log_every=2, seed=0)
    assert plan.steps_per_pass == 143
    counted = [plan.steps_after(1, b) for b in range(plan.blocks_per_interval + 1)]
    assert counted == [min(286, b * plan.steps_per_block) for b in range(plan.blocks_per_interval + 1)]
    assert plan.steps_after(2, plan.blocks_per_interval) == 143  # the last interval is shorter


def test_the_seed_and_the_pass_shuffle():
    first, second = (rows_in_order(Plan(n=50, batch_size=8, itr=2, log_every=1, seed=s)) for s in (0, 1))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert not np.array_equal(np.concatenate(first[:7]), np.concatenate(first[7:]))


def test_a_full_batch_keeps_the_order_of_the_data():
    for rows in rows_in_order(Plan(n=9, batch_size=9, itr=3, log_every=3, seed=0)):
        np.testing.assert_array_equal(rows, np.arange(9))


def test_iterations_that_are_done_grow_from_block_to_block():
    plan = Plan(n=1000, batch_size=7, itr=5, log_every=2, seed=0)
    done = [plan.iteration(i, b) for i in range(plan.n_intervals) for b in range(plan.blocks_per_interval)]
    assert done[0] == 0
    assert np.all(np.diff(done) >= 0)
    assert plan.iteration(plan.n_intervals - 1, plan.blocks_per_interval) == 5
    assert [plan.interval(i) for i in range(3)] == [(0, 2), (2, 4), (4, 5)]
