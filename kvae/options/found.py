"""Finds the keys of an option, which are declared beside its code, by the option's name or its `_target_`."""

import dataclasses
import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from kvae.errors import InputError, in_short
from kvae.options.rules import described, text
from kvae.process.quiet import quiet_stderr


def by_name(
    group: str,
    package: str,
    common: type,
    values: dict[str, Any],
    typed: bool,
    default: str = "",
    given: Iterable[str] = (),
    entry: str = "",
) -> type:
    """The dataclass of the keys of an option: `Options` in the module of its name, or of its `_target_`.

    Args:
        group: The group, such as `data`.
        package: The package whose modules are the options.
        common: The dataclass of the keys that all options of the group have.
        values: The section as composed.
        typed: Whether the user typed it. Code of the user's own that a saved config names is not imported.
        default: The option of a config without a name.
        given: Arguments of what `_target_` names that are not keys: kvae passes them.
        entry: The function to use if `_target_` names a module.

    Raises:
        InputError: For an unknown name, or a `_target_` that cannot be found.
    """
    if "_target_" in values:
        return by_target(group, common, values["_target_"], typed, given, entry)
    name = values.get("name", default)
    if not (isinstance(name, str) and name.isidentifier() and importlib.util.find_spec(f"{package}.{name}")):
        raise InputError(not_an_option(group, package, name))
    found = getattr(importlib.import_module(f"{package}.{name}"), "Options", None)
    if found is None:
        raise InputError(not_an_option(group, package, name))
    return found


def not_an_option(group: str, package: str, name: Any) -> str:
    """The error text for a name that no option of a group has."""
    names = names_in(package)
    if name == "":
        return f"{group}.name is missing. Type, for example, {group}.name={names[0]}"
    allowed = ", ".join(names)
    return f"{group}.name must be one of {allowed}. Received: {name!r}. Type, for example, {group}={names[0]}"


def names_in(package: str) -> list[str]:
    """The options in a package: its modules that declare `Options`. None of them is imported."""
    folder = Path(str(importlib.import_module(package).__file__)).parent
    modules = sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg)
    return [name for name in modules if "\nclass Options" in (folder / f"{name}.py").read_text("utf-8")]


def all_in(package: str) -> list[Any]:
    """`Options` of every option in a package."""
    return [importlib.import_module(f"{package}.{name}").Options for name in names_in(package)]


def by_target(
    group: str, common: type, target: Any, typed: bool, given: Iterable[str] = (), entry: str = ""
) -> type:
    """The dataclass of the keys of what a `_target_` names: its arguments, or `Options` of its module.

    Its class attribute `CALLED` is the function, or None if it must not be imported; `BY_OPTIONS` says whether its
    module declares `Options`. Arguments are as for `by_name`.
    """
    if not (isinstance(target, str) and re.fullmatch(r"\w+(\.\w+)*", target)):
        raise InputError(f"{group}._target_ must be MODULE.FUNCTION. Received: {target!r}")
    name = ("_target_", Annotated[str, text("my_module.my_function")], dataclasses.field(default=target))
    if not typed:
        extra: Any = ("extra", dict, dataclasses.field(default_factory=dict))
        return make(common, [name, extra], CALLED=None)
    found = load(target, group)
    called = found if callable(found) else getattr(found, entry, None)
    if not callable(called):
        raise InputError(
            f"{group}._target_={target} is not a function{f', nor a module with {entry}' if entry else ''}"
        )
    options = getattr(sys.modules.get(called.__module__), "Options", None)
    base = options if isinstance(options, type) and issubclass(options, common) else common
    known = {field.name for field in dataclasses.fields(base)}
    own = [one for one in described(options or called, given) if one[0] not in known]
    return make(base, [name, *own], CALLED=called, BY_OPTIONS=options is not None)


def make(base: type, fields: list[tuple[str, Any, Any]], **attributes: Any) -> type:
    """A frozen dataclass with more fields, all of them given by name."""
    namespace = {key: staticmethod(one) if callable(one) else one for key, one in attributes.items()}
    return dataclasses.make_dataclass(
        "Options", fields, bases=(base,), frozen=True, kw_only=True, namespace=namespace
    )


@quiet_stderr()  # it may import TensorFlow
def load(target: str, group: str) -> Any:
    """What a `_target_` names, imported: a function, a class or a module.

    A file of the folder that the command is typed in is found as well.

    Raises:
        InputError: When there is nothing of that name, or it cannot be imported.
    """
    make_importable()
    key = f"{group}._target_={target}"
    module, _, name = target.rpartition(".")
    try:
        with quiet_stderr():  # a user's module may import TensorFlow
            return imported(target)
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if not f"{target}.".startswith(f"{missing}."):
            raise InputError(f"{key} failed: it imports {missing}, which is not installed") from error
    except Exception as error:  # whatever a module of the user's does when it is imported
        raise InputError(f"{key} failed while it was imported: {in_short(error)}") from error
    close = difflib.get_close_matches(name, dir(sys.modules.get(module)), n=1) if module in sys.modules else []
    hint = f". Did you mean {module}.{close[0]}?" if close else ". Type it as MODULE.FUNCTION"
    raise InputError(f"{key} is neither installed nor in {Path.cwd()}{hint}")


def imported(target: str) -> Any:
    """The object or module of a dotted name, imported."""
    module, _, name = target.rpartition(".")
    if module and importlib.util.find_spec(module) is not None:
        found = importlib.import_module(module)
        if hasattr(found, name):
            return getattr(found, name)
    return importlib.import_module(target)


def make_importable() -> None:
    """Let a `_target_` name a file of the folder that the command is typed in."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def call_target(section: Any, group: str, **given: Any) -> Any:
    """Call what the `_target_` of a section names.

    If its module declares its keys by a class `Options`, it gets all arguments in `given`, in this order; else its
    own keys, and those of `given` whose names it takes.

    Raises:
        InputError: For code of the user's own that a saved config names and the user did not type.
    """
    if section.CALLED is None:
        raise InputError(
            f"{group}._target_={section._target_} comes from a run folder, and code that a folder "
            "names is not called. "
            f"Choose the same {group} on the command line"
        )
    if section.BY_OPTIONS:
        return section.CALLED(*given.values())
    keys = {name: getattr(section, name) for name, _, _ in described(section.CALLED, given)}
    taken = {name: given[name] for name in inspect.signature(section.CALLED).parameters if name in given}
    return section.CALLED(**keys, **taken)
