"""KL schedules: how strongly training presses the KL at each iteration, as pure functions.

Each maps an iteration (passes over the data that are done, from 0, fractions allowed) and `itr` (all passes of
the run) to a `KLTerm`. They draw no random numbers. A schedule of your own is a function with these two first
arguments, named by `_target_` in a file of `conf/kl/`.
"""

from collections.abc import Callable
from typing import NamedTuple

from kvae.options.arguments import check_at_least, check_count, is_integer, is_number


class KLTerm(NamedTuple):
    """The KL term of the objective: `KL_param * scale * |kl - capacity|`.

    Attributes:
        scale: Factor on `KL_param`.
        capacity: Nats that the KL is held at.
    """

    scale: float = 1.0
    capacity: float = 0.0


Schedule = Callable[[float, int], KLTerm]


def constant(iteration: float, itr: int) -> KLTerm:
    """The full KL from the first iteration to the last."""
    return KLTerm()


def linear_warmup(iteration: float, itr: int, n_iterations: int | None = None) -> KLTerm:
    """Scale from 0 to 1 over `n_iterations` (None: a quarter of `itr`; 0: no ramp), then 1.

    Bowman et al. (2016), section 3.1, with a linear ramp.
    """
    check_iterations(n_iterations)
    return KLTerm(scale=ramp(iteration, itr, n_iterations))


def cyclical(iteration: float, itr: int, n_cycles: int = 4, ramp_fraction: float = 0.5) -> KLTerm:
    """`n_cycles` times from 0 to 1 over the first `ramp_fraction` of a cycle, then 1 to its end.

    Fu et al. (2019), equation 6, with a linear ramp. Once the cycles are over the scale stays 1.
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
    iteration: float, itr: int, max_capacity: float = 10.0, n_iterations: int | None = None
) -> KLTerm:
    """Capacity from 0 to `max_capacity` nats over `n_iterations` (None: a quarter of `itr`), then held.

    Burgess et al. (2018), equation 8; `KL_param` is their gamma.
    """
    check_at_least("max_capacity", max_capacity)
    check_iterations(n_iterations)
    return KLTerm(capacity=max_capacity * ramp(iteration, itr, n_iterations))


def ramp(iteration: float, itr: int, n_iterations: int | None) -> float:
    """From 0 at iteration 0 to 1 at `n_iterations` and beyond."""
    n_iterations = itr // 4 if n_iterations is None else n_iterations
    return min(1.0, iteration / n_iterations) if n_iterations else 1.0


def check_iterations(n_iterations: int | None) -> None:
    """Raise ValueError unless `n_iterations` is None or an integer >= 0."""
    if n_iterations is not None and not (is_integer(n_iterations) and n_iterations >= 0):
        raise ValueError(f"`n_iterations` must be an integer >= 0. Received: n_iterations={n_iterations!r}")
