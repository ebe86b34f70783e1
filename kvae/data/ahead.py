"""Reading ahead: what comes next is made while one works on what is there."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

END = object()


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """`items` in order, the next of which another thread makes meanwhile; never more than one is waiting.

    What making an item raises is raised where it would have come.
    """
    source = iter(items)
    item = next(source, END)
    with ThreadPoolExecutor(1) as reader:
        while item is not END:
            following = reader.submit(next, source, END)
            yield item  # type: ignore[misc]
            item = following.result()
