"""Reading ahead: the next item is made in another thread while the caller works on the present one."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

END = object()


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """`items` in order; another thread makes the next item meanwhile, and at most one item waits.

    An exception that is raised while an item is made is raised in the place of that item.
    """
    source = iter(items)
    item = next(source, END)
    with ThreadPoolExecutor(1) as reader:
        while item is not END:
            following = reader.submit(next, source, END)
            yield item  # type: ignore[misc]
            item = following.result()
