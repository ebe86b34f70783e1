"""`prior=message`: the prior mean of every observation comes from a file."""

from dataclasses import dataclass
from typing import Annotated

from kvae.modules.module import Module
from kvae.modules.priors import PriorConfig
from kvae.options.rules import NULL, Name, text


@dataclass(frozen=True, kw_only=True)
class Options(PriorConfig):
    """The keys of `prior=message`."""

    name: Name = "message"
    path: Annotated[str | None, text("mu.npy") | NULL] = None


def build(path: str | None) -> Module:
    """Make the module that sends the prior means in the file `path`.

    Raises:
        InputError: When `path` is None.
    """
    from kvae.modules.fixed_messages import FixedMessages

    return FixedMessages(path)
