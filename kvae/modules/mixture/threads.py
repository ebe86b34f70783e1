"""Work shared out to threads, with those of BLAS and OpenMP held to one.

The products of a mixture are small. BLAS's threads meet after each of them, and beside other work they wait for
each other more than ten times as long as they compute. Here a thread takes the next block of rows, or the next
start, as soon as it is done with one. What comes out is the same for any number of threads.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Share(Protocol):
    """What calls a function with every item, and gives the results in the items' order."""

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], /) -> list[Result]: ...


def one_by_one(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of all items, in this thread."""
    return [function(item) for item in items]


@contextmanager
def threads() -> Iterator[Share]:
    """A `Share` with as many threads as BLAS would take, which minds `OMP_NUM_THREADS` and allowed processors."""
    number = min((one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"), default=1)
    with threadpool_limits(1):
        if number == 1:
            yield one_by_one
            return
        with ThreadPoolExecutor(number - 1, initializer=hold_openmp) as pool:
            yield lambda function, items: shared(pool, number - 1, function, items)


def hold_openmp() -> None:
    """Hold OpenMP to one thread where it is called from this one: it keeps a number for each."""
    threadpool_limits(1, user_api="openmp")


def shared(
    pool: ThreadPoolExecutor, helpers: int, function: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """The results of all items, by this thread and `helpers` of the pool; whoever is free takes the next."""
    results: dict[int, Result] = {}
    numbers = iter(range(len(items)))

    def work() -> None:
        try:
            for number in numbers:
                results[number] = function(items[number])
        except BaseException:
            for _ in numbers:  # nobody need begin another
                pass
            raise

    others = [pool.submit(work) for _ in range(min(helpers, len(items) - 1))]
    work()
    for other in others:
        other.result()
    return [results[number] for number in range(len(items))]
