"""The options of a command, such as `--cfg job`: Hydra's options, at any position among the overrides."""

import argparse
import difflib
import os
from pathlib import Path

from hydra._internal.utils import get_args_parser

from kvae.errors import InputError
from kvae.options.quoting import shell
from kvae.process.commands import COMMAND, program
from kvae.process.paths import ROOT

# Options that each decide what the command does.
ALONE = {"run", "multirun", "cfg", "info", "shell_completion"}


def split_options(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split arguments into options, with their values, and overrides."""
    known = get_args_parser()._option_string_actions
    options, overrides, rest = [], [], list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("-") or argument == "-":
            overrides.append(argument)
            continue
        name, equals, value = argument.partition("=")
        name = whole_name(name, list(known), argument)
        action = known[name]
        values = [value] if equals else []
        if not equals and takes_value(action, rest):
            values = [rest.pop(0)]
        check_option(action, name, values)
        if action.dest == "config_path":
            values = [absolute(values[0])]
        options += [name, *values]
    check_together({known[one].dest: one for one in options if one in known})
    return options, overrides


def check_together(given: dict[str, str]) -> None:
    """Raise InputError for two options, by what they set, that Hydra takes only alone; --help goes with all."""
    names = [name for what, name in given.items() if what in ALONE]
    if len(names) > 1 and not given.keys() & {"help", "hydra_help", "version"}:
        raise InputError(f"{names[0]} and {names[1]} do not go together. Leave one of them out")


def whole_name(name: str, known: list[str], argument: str) -> str:
    """The full name of an option, which may be abbreviated, as in `--multi`."""
    begun = [other for other in known if name.startswith("--") and other.startswith(name)]
    if name in known or len(begun) == 1:
        return name if name in known else begun[0]
    bare = argument.lstrip("-")
    if "=" in bare or "." in bare:
        value = bare if "=" in bare else f"{bare}=..."
        raise InputError(f"{argument} is no option. Keys have no dashes before them: type {shell(value)}")
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Type {program()} --help to see what there is"
    raise InputError(f"{argument} is no option. {hint}")


def takes_value(action: argparse.Action, rest: list[str]) -> bool:
    """Whether the argument after an option belongs to it."""
    if action.nargs == "?":
        return bool(rest) and rest[0] in (action.choices or ())
    return action.nargs is None and bool(rest)


def check_option(action: argparse.Action, name: str, values: list[str]) -> None:
    """Raise InputError if the value of an option is missing, superfluous or not allowed."""
    if action.nargs is None and not values:
        raise InputError(f"{name} lacks its value. Type {name} {example_of(action)}")
    if action.nargs == 0 and values:
        raise InputError(f"{name} takes no value. Received: {values[0]}")
    if action.choices and values and values[0] not in action.choices:
        raise InputError(f"{name} must be one of {', '.join(map(str, action.choices))}. Received: {values[0]}")
    if action.dest == "config_dir" and not os.path.isdir(values[0]):
        raise InputError(f"{name}={values[0]} is no folder (looked in {Path.cwd()})")
    if action.dest == "experimental_rerun":
        raise InputError(f"{name} is not supported, because it reads a pickle. To resume a run type resume=FOLDER")


def absolute(config_path: str) -> str:
    """The absolute path of a folder of configs; Hydra would search beside the function that it calls.

    A relative path starts in the working directory for `kvae`, and beside `run.py` for `python run.py`.
    """
    if config_path.startswith("pkg://"):
        return config_path
    return str((Path.cwd() if program() == COMMAND else ROOT) / config_path)


def example_of(action: argparse.Action) -> str:
    """An example of a value of an option."""
    return str(next(iter(action.choices))) if action.choices else action.dest.upper()
