import math

import pytest

from kvae.errors import InputError
from kvae.schedules import KLTerm, check_schedule, constant, cyclical, growing_capacity, linear_warmup


@pytest.mark.parametrize("iteration", [0, 50, 100, 200])
def test_constant(iteration):
    assert constant(iteration, 100) == KLTerm(1.0, 0.0)


@pytest.mark.parametrize(
    ("iteration", "n_iterations", "scale"),
    [
        (0, 10, 0.0),
        (5, 10, 0.5),
        (10, 10, 1.0),
        (99, 10, 1.0),
        (0, 0, 1.0),
        (0, None, 0),
        (5, None, 0.2),
        (25, None, 1),
    ],
)
def test_linear_warmup(iteration, n_iterations, scale):
    assert linear_warmup(iteration, 100, n_iterations) == KLTerm(scale, 0.0)


@pytest.mark.parametrize(
    ("iteration", "scale"),
    [(0, 0.0), (6.25, 0.5), (12.5, 1.0), (24, 1.0), (25, 0.0), (31.25, 0.5), (99, 1.0), (100, 1.0), (150, 1.0)],
)
def test_cyclical(iteration, scale):
    assert cyclical(iteration, 100, n_cycles=4, ramp_fraction=0.5).scale == pytest.approx(scale)


def test_cyclical_without_a_ramp():
    assert cyclical(0, 100, ramp_fraction=0) == KLTerm()


@pytest.mark.parametrize(("iteration", "capacity"), [(0, 0.0), (10, 4.0), (25, 10.0), (99, 10.0)])
def test_growing_capacity(iteration, capacity):
    assert growing_capacity(iteration, 100, max_capacity=10.0) == KLTerm(1.0, capacity)


@pytest.mark.parametrize(
    ("schedule", "keywords", "text"),
    [
        (
            linear_warmup,
            {"n_iterations": -5},
            "`n_iterations` must be an integer >= 0, or None. Received: n_iterations=-5",
        ),
        (linear_warmup, {"n_iterations": 2.5}, "Received: n_iterations=2.5"),
        (growing_capacity, {"n_iterations": -1}, "Received: n_iterations=-1"),
        (growing_capacity, {"max_capacity": -1.0}, "`max_capacity` must be a finite number >= 0"),
        (growing_capacity, {"max_capacity": float("nan")}, "Received: max_capacity=nan"),
        (cyclical, {"n_cycles": 0}, "`n_cycles` must be an integer >= 1. Received: n_cycles=0"),
        (cyclical, {"ramp_fraction": 1.5}, "`ramp_fraction` must be a number from 0 to 1"),
    ],
)
def test_arguments_out_of_range(schedule, keywords, text):
    with pytest.raises(ValueError, match=text):
        schedule(3, 100, **keywords)


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (lambda iteration, itr: 0.5, r"my\.half: a KL schedule must return kvae.*KLTerm.*Received: 0\.5"),
        (lambda iteration, itr: KLTerm(-1.0), r"finite numbers >= 0\. Received: KLTerm\(scale=-1\.0"),
        (
            lambda iteration, itr: KLTerm(1.0, math.nan if iteration > 5 else 0.0),
            r"capacity=nan\) at iteration 5\.1 of 10",
        ),
        (lambda iteration, itr: {}["a key"], r"my\.half: KeyError: 'a key'"),
        (lambda iteration: KLTerm(), r"my\.half: .*takes 1 positional argument but 2 were given"),
    ],
)
def test_a_wrong_schedule_is_found_before_training(schedule, text):
    with pytest.raises(InputError, match=text):
        check_schedule(schedule, 10, "my.half")


def test_a_schedule_is_asked_up_to_the_last_iteration():
    asked = []
    check_schedule(lambda iteration, itr: KLTerm(asked.append((iteration, itr)) or 1.0), 30, "my.half")
    assert asked[0] == (0, 30) and asked[-1] == (30, 30)
