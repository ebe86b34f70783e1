"""Methods that draw: one thread at a time, since the draws of a model come from one stream of noise."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def drawing(method: Method) -> Method:
    """A method of a VAE that restarts its noise and draws: other threads wait until it returns.

    Otherwise a thread would take numbers from the seed of another, and no seed would give the same draws again.
    """

    @functools.wraps(method)
    def alone(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._traced().drawing:
            return method(self, *args, **kwargs)

    return alone  # type: ignore[return-value]
