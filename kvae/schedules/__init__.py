"""KL schedules: pure functions that give the weight of the KL, or its capacity, at each iteration.

Each maps an iteration (number of passes over the data that are done, from 0, fractions allowed) and `itr` (all
iterations of the run, over all rounds) to a `KLTerm`. They draw no random numbers. A schedule of your own is a
function whose first two arguments are these, named by `_target_` in a file of `conf/kl/`. Its other arguments are
the keys of that file; an argument may be annotated with a rule of `kvae.options.rules` that its values must keep.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from kvae.errors import InputError, in_short
from kvae.options.arguments import check_at_least, check_count, is_integer, is_number
from kvae.options.found import by_target
from kvae.options.rules import NULL, Rule, fraction, integer, number

ITERATIONS = integer(0, 1000)
PART = Rule("a number from 0 to 1", lambda v: fraction(0).accepts(v) or v == 1, 0.5)


class KLTerm(NamedTuple):
    """The KL term of the objective: `KL_param * scale * |kl - capacity|`.

    Attributes:
        scale: Factor on `KL_param`.
        capacity: Nats at which training holds the KL; 0 minimises it.
    """

    scale: float = 1.0
    capacity: float = 0.0


Schedule = Callable[[float, int], KLTerm]


@dataclass(frozen=True, kw_only=True)
class KLConfig:
    """The keys that all KL schedules have: none besides `_target_`, which names a function."""


COMMON = KLConfig


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a schedule: the arguments of the function that its `_target_` names."""
    return by_target("kl", KLConfig, values.get("_target_"), typed, given=("iteration", "itr"))


def constant(iteration: float, itr: int) -> KLTerm:
    """The full KL from the first iteration to the last."""
    return KLTerm()


def linear_warmup(
    iteration: float, itr: int, n_iterations: Annotated[int | None, ITERATIONS | NULL] = None
) -> KLTerm:
    """Scale from 0 to 1 over `n_iterations` (None: a quarter of `itr`; 0: no ramp), then 1.

    Bowman et al. (2016), section 3.1, with a linear ramp.
    """
    check_iterations(n_iterations)
    return KLTerm(scale=ramp(iteration, itr, n_iterations))


def cyclical(
    iteration: float,
    itr: int,
    n_cycles: Annotated[int, integer(1, 4)] = 4,
    ramp_fraction: Annotated[float, PART] = 0.5,
) -> KLTerm:
    """Scale from 0 to 1 over the first `ramp_fraction` of each of `n_cycles` equal cycles, then 1 to its end.

    Fu et al. (2019), equation 6, with a linear ramp. From iteration `itr` on, the scale is 1.
    """
    check_count("n_cycles", n_cycles)
    if not (is_number(ramp_fraction) and 0 <= ramp_fraction <= 1):
        raise ValueError(
            f"`ramp_fraction` must be a number from 0 to 1. Received: ramp_fraction={ramp_fraction!r}"
        )
    if iteration >= itr or ramp_fraction == 0:
        return KLTerm()
    position = (iteration * n_cycles / itr) % 1.0
    return KLTerm(scale=min(1.0, position / ramp_fraction))


def growing_capacity(
    iteration: float,
    itr: int,
    max_capacity: Annotated[float, number(0, 10)] = 10.0,
    n_iterations: Annotated[int | None, ITERATIONS | NULL] = None,
) -> KLTerm:
    """Capacity from 0 to `max_capacity` nats over `n_iterations` (None: a quarter of `itr`), then constant.

    Burgess et al. (2018), equation 8; `KL_param` is their gamma.
    """
    check_at_least("max_capacity", max_capacity)
    check_iterations(n_iterations)
    return KLTerm(capacity=max_capacity * ramp(iteration, itr, n_iterations))


def term_of(schedule: Schedule, iteration: float, itr: int) -> KLTerm:
    """The `KLTerm` that a schedule gives for an iteration, checked.

    Raises:
        TypeError: When the schedule returns anything but a `KLTerm`.
        InputError: When the numbers of the `KLTerm` are negative or not finite.
    """
    term = schedule(iteration, itr)
    must = "a KL schedule must return kvae.schedules.KLTerm(scale, capacity)"
    if not isinstance(term, KLTerm):
        raise TypeError(f"{must}. Received: {term!r}")
    if not all(is_number(value) and 0 <= value < math.inf for value in term):
        raise InputError(f"{must}, finite numbers >= 0. Received: {term!r} at iteration {iteration:g} of {itr}")
    return term


def check_schedule(schedule: Schedule, itr: int, target: str) -> Schedule:
    """`schedule` itself, after it was called at 101 iterations from 0 to `itr`.

    Raises:
        InputError: When a call fails or returns a wrong term; the message names `target`, the `_target_`.
    """
    try:
        for part in range(101):
            term_of(schedule, part * itr / 100, itr)
    except Exception as error:
        kind = "" if isinstance(error, TypeError | ValueError) else f"{type(error).__name__}: "
        raise InputError(f"kl._target_={target}: {kind}{in_short(error)}") from error
    return schedule


def ramp(iteration: float, itr: int, n_iterations: int | None) -> float:
    """A linear ramp: 0 at iteration 0, 1 from `n_iterations` on; None: a quarter of `itr`; 0: always 1."""
    n_iterations = itr // 4 if n_iterations is None else n_iterations
    return min(1.0, iteration / n_iterations) if n_iterations else 1.0


def check_iterations(n_iterations: int | None) -> None:
    """Raise ValueError unless `n_iterations` is None or an integer >= 0."""
    if n_iterations is not None and not (is_integer(n_iterations) and n_iterations >= 0):
        raise ValueError(
            f"`n_iterations` must be an integer >= 0, or None. Received: n_iterations={n_iterations!r}"
        )
