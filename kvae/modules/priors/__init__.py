"""The modules above the VAE of a run: a file for every `prior=...`, with its keys and `build`, which makes them.

A prior is a function, or a class of modules. It is called with its keys, and with the run's `seed` if it has a
parameter `seed`. It returns a module, or a list of modules from below to above. Modules that observe nothing yet
are connected to the VAE.
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
    """The keys of every prior.

    Attributes:
        name: The option of the group `prior`; empty for a `_target_`.
    """

    name: Name = ""

    @property
    def called(self) -> str:
        """The name of the prior in error texts."""
        return self.name or getattr(self, "_target_", "standard")


@dataclass(frozen=True, kw_only=True)
class InRounds(PriorConfig):
    """The keys of a prior whose modules learn in turn with the VAE; every prior by `_target_` has them."""

    rounds: Annotated[int, integer(1, 5)] = 1
    first_itr: Annotated[int | None, integer(1, 200) | NULL] = None


# Keys that describe the training; they are passed only to a prior that names them as parameters.
OWN = ("name", "_target_", "rounds", "first_itr")


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of a prior's keys: `Options` in its file, or the arguments of its `_target_`."""
    if "_target_" in values:
        return by_target("prior", InRounds, values["_target_"], typed, given=("seed",))
    return by_name("prior", PACKAGE, PriorConfig, values, typed, default="standard")


def read_back(values: dict[str, Any]) -> Any:
    """The options of a prior from the values in a run folder; a `_target_` is not imported."""
    return build_section(options_for(values, typed=False), values, "prior.", lenient=True)


def modules_of(prior: Any, seed: int, own: Callable[..., Any] | None = None) -> list[Module]:
    """Make the modules of a prior, from below to above; the lowest ones are not yet connected.

    Args:
        prior: The options of the prior.
        seed: The seed of the run.
        own: The user's function or class in place of a `_target_` that comes from a run folder.

    Raises:
        InputError: When the prior cannot be called with these keys, or returns anything but modules.
    """
    target = called_by(prior, own)
    parameters = inspect.signature(target).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    given = {field.name: getattr(prior, field.name) for field in fields(prior)} | {"seed": seed}
    given |= given.pop("extra", {})
    if not given["name"]:  # then the user's own module uses its default name
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
    """The function that makes the modules: `build` in the prior's file, or its `_target_`."""
    if not hasattr(prior, "_target_"):
        return importlib.import_module(f"{PACKAGE}.{prior.name or 'standard'}").build
    called = own or prior.CALLED
    if called is None:
        raise InputError(
            f"prior._target_={prior._target_} comes from a run folder, and code that a folder "
            "names is not called. "
            "Choose the same prior on the command line, or give it: "
            f"kvae.open_run(FOLDER, prior={prior._target_})"
        )
    return called if callable(called) else called.build
