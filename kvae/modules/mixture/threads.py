"""Distribute work to threads, with BLAS and OpenMP limited to one thread each.

The matrix products of a mixture are small. The threads of BLAS synchronise after each of them; while other
programs run, they wait more than ten times as long as they compute. Here each thread takes the next block of rows,
or the next start, as soon as it has finished one. The results are the same for any number of threads.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Share(Protocol):
    """A function that calls another with every item, and returns the results in the order of the items."""

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], /) -> list[Result]: ...


def one_by_one(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of all items, in this thread."""
    return [function(item) for item in items]


@contextmanager
def threads() -> Iterator[Share]:
    """A `Share` with as many threads as BLAS would use: it follows `OMP_NUM_THREADS` and allowed processors."""
    number = min((one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"), default=1)
    with threadpool_limits(1):
        if number == 1:
            yield one_by_one
            return
        with ThreadPoolExecutor(number - 1, initializer=hold_openmp) as pool:
            yield lambda function, items: shared(pool, number - 1, function, items)


def hold_openmp() -> None:
    """Limit OpenMP to one thread in the calling thread; OpenMP keeps this limit for every thread."""
    threadpool_limits(1, user_api="openmp")


def shared(
    pool: ThreadPoolExecutor, helpers: int, function: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """The results of all items, from this thread and `helpers` of the pool; a free thread takes the next item."""
    results: dict[int, Result] = {}
    numbers = iter(range(len(items)))

    def work() -> None:
        try:
            for number in numbers:
                results[number] = function(items[number])
        except BaseException:
            for _ in numbers:  # use up the items, so that no thread begins another
                pass
            raise

    others = [pool.submit(work) for _ in range(min(helpers, len(items) - 1))]
    work()
    for other in others:
        other.result()
    return [results[number] for number in range(len(items))]
