"""`prior=standard`: there is no module above the VAE, and its prior is N(0, I)."""

from dataclasses import dataclass

from kvae.modules.module import Module
from kvae.modules.priors import PriorConfig
from kvae.options.rules import Name


@dataclass(frozen=True, kw_only=True)
class Options(PriorConfig):
    """The keys of `prior=standard`: none."""

    name: Name = "standard"


def build() -> list[Module]:
    """Make no modules."""
    return []
