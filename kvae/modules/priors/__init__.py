"""What is connected above the VAE of a run: a file for every `prior=...`, with its keys and its `build`.

A prior is a function, or a class of modules, that is called with its keys, and with the run's `seed` where it has
a parameter of that name. It gives a module, or a list of modules from below to above; those that observe nothing
yet are connected to the VAE.
"""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any

from kvae.errors import InputError, in_short
from kvae.modules.module import Module
from kvae.options.found import by_name, by_target
from kvae.options.rules import NULL, Name, build_section, integer

# A file per option.
PACKAGE = "kvae.modules.priors"


@dataclass(frozen=True, kw_only=True)
class PriorConfig:
    """Who sends the prior of every observation."""

    name: Name = ""

    @property
    def called(self) -> str:
        """How messages call it."""
        return self.name or getattr(self, "_target_", "standard")


@dataclass(frozen=True, kw_only=True)
class InRounds(PriorConfig):
    """The keys of a prior whose modules learn in turn with the VAE; those of a user's own have them all."""

    rounds: Annotated[int, integer(1, 5)] = 1
    first_itr: Annotated[int | None, integer(1, 200) | NULL] = None


# Keys that are about the network, and handed on only to what has a parameter of that name.
OWN = ("name", "_target_", "rounds", "first_itr")


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a prior: that in its file here, or the arguments of what `_target_` names."""
    if "_target_" in values:
        return by_target("prior", InRounds, values["_target_"], typed, given=("seed",))
    return by_name("prior", PACKAGE, PriorConfig, values, typed, default="standard")


def read_back(values: dict[str, Any]) -> Any:
    """The options of a prior from what a run folder says of it; no code of the user's own is imported."""
    return build_section(options_for(values, typed=False), values, "prior.", lenient=True)


def modules_of(prior: Any, seed: int, own: Callable[..., Any] | None = None) -> list[Module]:
    """The modules of a prior, from below to above; those at the bottom are not yet connected.

    Args:
        prior: Its options.
        seed: Of the run.
        own: What the user says that the `_target_` of a run folder's options is.

    Raises:
        InputError: When it cannot be called with these keys, or gives no modules.
    """
    target = called_by(prior, own)
    parameters = inspect.signature(target).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    given = {field.name: getattr(prior, field.name) for field in fields(prior)} | {"seed": seed}
    given |= given.pop("extra", {})
    if not given["name"]:  # of a module of the user's own, which has a default
        del given["name"]
    keys = {key: value for key, value in given.items() if key in parameters or (takes_all and key not in OWN)}
    try:
        made = target(**keys)
    except InputError:
        raise
    except Exception as error:
        if not hasattr(prior, "_target_"):
            raise
        raise InputError(f"prior._target_={prior._target_} failed: {in_short(error)}") from error
    found = list(made) if isinstance(made, list | tuple) else [made]
    for one in found:
        if not isinstance(one, Module):
            raise InputError(
                f"prior._target_={prior._target_} must give a module of kvae.modules, or a list of them. "
                f"Received: {type(one).__name__}"
            )
    return found


def called_by(prior: Any, own: Callable[..., Any] | None) -> Callable[..., Any]:
    """What makes the modules: the `build` of the prior's file, or what its `_target_` names."""
    if not hasattr(prior, "_target_"):
        return importlib.import_module(f"{PACKAGE}.{prior.name or 'standard'}").build
    called = own or prior.CALLED
    if called is None:
        raise InputError(
            f"prior._target_={prior._target_} stands in a folder, and code that a folder names is not called. "
            "Choose the same prior on the command line, or give it: "
            f"kvae.open_run(FOLDER, prior={prior._target_})"
        )
    return called if callable(called) else called.build
