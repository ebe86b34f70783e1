"""Which modules are connected with a module: those below, which it observes, those above, and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kvae.modules.module import Module


def below(module: Module) -> list[Module]:
    """`module`, and all modules that it observes, directly or indirectly."""
    found = [module]
    for current in found:
        found.extend(other for other in current.observed if other not in found)
    return found


def above(module: Module) -> list[Module]:
    """`module`, and all modules that observe it, directly or indirectly."""
    found = [module]
    for current in found:
        found.extend(other for other in current.observers if other not in found)
    return found


def connected(module: Module) -> list[Module]:
    """All modules that are connected with `module`, directly or indirectly, itself included."""
    found = [module]
    for current in found:
        found.extend(other for other in [*current.observed, *current.observers] if other not in found)
    return found
