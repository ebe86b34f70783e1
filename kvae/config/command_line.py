"""The arguments after `kvae` or `python run.py`, in Hydra's form: options first, special values in quotes."""

import os
import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf

from kvae.config.command_options import split_options
from kvae.errors import InputError
from kvae.options.mappings import repeated_key
from kvae.options.quoting import escaped, quoted, shell
from kvae.process.paths import CONF

BRACKETS = {"[": "]", "{": "}", "(": ")"}
SWEEP = ("-m", "--multirun")
NO_TEXT = re.compile("[\ud800-\udfff]")  # surrogates: bytes that the locale's encoding cannot decode
NAMED = ("model.likelihood",)  # keys whose value is a name, or a node of `name` and further keys
MODULES = "network.modules"
COMPLETION = ("-sc", "--shell-completion")


def as_hydra_takes_it(arguments: list[str]) -> list[str]:
    """Arguments with options before overrides, and with quotes around values that Hydra's grammar cannot read.

    Names of files and columns may hold spaces, brackets, umlauts and `=`, which have a meaning in Hydra's grammar
    unless quoted. `~/` at the start of a value is replaced by the user's home folder.

    Raises:
        InputError: For an unknown option, an argument that is no `key=value`, or a list that is not closed.
    """
    if any(argument in COMPLETION for argument in arguments):
        return arguments
    for argument in arguments:
        if NO_TEXT.search(argument):
            raise InputError(
                f"{argument!a} has bytes that are no text in this locale. Type LC_ALL=C.UTF-8 before the command, "
                "or rename the file"
            )
    options, overrides = split_options(arguments)
    sweeps = any(option in SWEEP for option in options)
    return [*options, *named([readable(overrides, place, sweeps) for place in range(len(overrides))])]


def named(overrides: list[str]) -> list[str]:
    """Overrides in which a value that also has keys below it becomes the key `name` of the node.

    From `model.likelihood=NAME model.likelihood.KEY=1`, Hydra would keep only the second, and refuse a key that is
    new. Keys of a network's modules get `++`, so that Hydra accepts new ones: kvae itself checks them.
    """
    keys = [override.partition("=")[0].lstrip("+") for override in overrides]
    nodes = {node for node in NAMED if any(key.startswith(f"{node}.") for key in keys)}
    found = []
    for key, override in zip(keys, overrides, strict=True):
        value = override.partition("=")[2]
        if key in nodes and not value.startswith("{"):
            override = f"++{key}.name={value}"
        elif any(key.startswith(f"{node}.") for node in nodes) or key.startswith(MODULES):
            override = f"++{key}={value}"
        found.append(override)
    return found


def readable(overrides: list[str], place: int, sweeps: bool) -> str:
    """The override at an index, in a form that Hydra can read."""
    text = overrides[place]
    key, equals, value = text.partition("=")
    if not equals and key.startswith("~") and parses(text):
        return text
    if not equals or not key.strip("+~ "):
        raise InputError(without_key_or_value(overrides, place))
    check_group(key, value)
    if value == "???":  # OmegaConf's mark of a missing value, even in quotes
        raise InputError(f"{text}: ??? means that the value is missing. Type a value for {key}")
    if value.startswith("~/"):
        value = os.path.expanduser(value)
        text = f"{key}={value}"
    if parses(text):
        if (twice := repeated_key(value)) is not None:
            raise InputError(f"{text} names {twice} twice. Type each key of a mapping once")
        return text
    if is_cut_off(value):
        raise InputError(cut_off(overrides, place))
    if len(re.findall(r"(?<!\\)\$\{", value)) > value.count("}"):
        raise InputError(
            f"{text} begins a reference with ${{ and does not end it. Type {shell(f'{key}=${{name}}')} for the "
            f"value of a key, or, for the text itself, {shell(f'{key}={escaped(value)}')}"
        )
    meant = meaning(key, value, sweeps)
    if parses(meant):
        return meant
    if parses(f"{key}=1"):
        raise InputError(f"{text} cannot be read: a value is missing before or after a comma")
    raise InputError(f"{text} cannot be read: {key} is no key. Keys are letters, digits, _ and dots")


# Groups of which several options may be chosen, as a list.
TOGETHER = ("metric",)


def check_group(key: str, value: str) -> None:
    """Raise InputError if the value of a group is empty, null, a number, or a list where only one is allowed."""
    group = key.lstrip("+")
    options = sorted(path.stem for path in (CONF / group).glob("*.yaml")) if group.strip("./") == group else []
    if not options and group != "hydra":
        return
    allowed = (
        f"{group} must be one of {', '.join(options)}" if group != "hydra" else "hydra has keys, and no options"
    )
    if value in ("", "null"):
        raise InputError(f"{allowed}. Received: {value or 'nothing'}. To keep the default, leave {group} out")
    if value.startswith("[") and group not in TOGETHER:
        sweep = shell(f"{group}={value.strip('[]')}")
        raise InputError(f"{allowed}. Received: {value}. For a sweep over several type -m {sweep}")
    if value.replace(".", "").isdigit() or group == "hydra":
        raise InputError(f"{allowed}. Received: {value}")


def meaning(key: str, value: str, sweeps: bool) -> str:
    """An override that Hydra cannot read, quoted as a list, as several values of a sweep, or as a text.

    A mapping such as `{age: >60, sex: female}` becomes a text, which the key itself parses.

    Raises:
        InputError: For lists in lists and quotes in lists, which are ambiguous.
    """
    is_list = value.startswith("[") and value.endswith("]")
    is_mapping = value.startswith("{") and value.find("}") == len(value) - 1
    inner = value[1:-1] if is_list else value
    if is_mapping or (not is_list and ("," not in value or os.path.exists(value))):
        return f"{key}={quoted(value)}"
    if set(inner) & set("[]{}'\""):
        raise InputError(
            f"{key}={value} cannot be read. Put names that hold more than letters, digits and spaces in "
            f"single quotes, and the whole argument in double quotes: \"{key}=['größe','a (b)']\""
        )
    if not is_list and not sweeps:
        raise InputError(several_values(key, value))
    parts = ",".join(map(one_value, inner.split(",")))
    return f"{key}=[{parts}]" if is_list else f"{key}={parts}"


def several_values(key: str, value: str) -> str:
    """The error text for comma-separated values without -m."""
    single = f"{key}={quoted(value)}"
    if not value.strip(", "):
        return f"{key}={value} has no values between its commas. For a text of commas type {shell(single)}"
    return (
        f"{key}={value} holds several values. Type -m before it for a sweep, {shell(f'{key}=[{value}]')} for a "
        f"list, or {shell(single)} for a text with commas"
    )


def one_value(text: str) -> str:
    """One of several values, quoted if Hydra needs it."""
    text = text.strip()
    return text if parses(f"key={text}") else quoted(text)


def parses(text: str) -> bool:
    """Whether Hydra can read an override."""
    try:
        OverridesParser.create().parse_override(text)
    except (HydraException, IndexError, ValueError):
        return False
    return True


def is_cut_off(value: str) -> bool:
    """Whether a value opens a list and does not close it, as where the shell has split it at a space."""
    return bool(value) and value[0] in BRACKETS and value.count(value[0]) > value.count(BRACKETS[value[0]])


def cut_off(overrides: list[str], place: int) -> str:
    """The error text for a list that the shell has split, joined with the arguments after it."""
    whole = overrides[place]
    for more in overrides[place + 1 :]:
        if "=" in more or not is_cut_off(whole.partition("=")[2]):
            break
        whole = f"{whole} {more}"
    if is_cut_off(whole.partition("=")[2]):
        whole += BRACKETS[whole.partition("=")[2][0]]
    return f"{overrides[place]} begins a list and does not end it. Type lists in quotes: {shell(whole)}"


def without_key_or_value(overrides: list[str], place: int) -> str:
    """The error text for an argument that is no `key=value`."""
    text, after = overrides[place], overrides[place + 1 : place + 3]
    if text.startswith("="):
        return f"{text or repr(text)} has no key before it. Type key=value, without spaces around ="
    if after and after[0].startswith("="):
        joined = text + "".join(after if after[0] == "=" else after[:1])
        return f"{text} has a space before its =. Type it without spaces around =: {shell(joined)}"
    key, colon, value = text.partition(":")
    if colon and is_key(key):
        value = value or (after[0] if after else "...")
        return f"{text} is no key=value. Type {shell(f'{key}={value}')}"
    if text.strip() == "":
        return "an argument is empty, perhaps a variable of the shell that is not set. Leave it out"
    if os.path.isdir(text):
        return f"{text} is no key=value. For a folder of images type data=images {shell('data.path=' + text)}"
    if os.path.isfile(text) or not is_key(text):
        return f"{text} is no key=value. For a table or an array type data=file {shell('data.path=' + text)}"
    return f"{text} lacks a value. Type {shell(text + '=...')}"


def is_key(text: str) -> bool:
    """Whether a text begins with a section of the config or of Hydra."""
    first = text.lstrip("+~").partition(".")[0].partition("/")[0]
    return first == "hydra" or first in OmegaConf.load(CONF / "config.yaml") or os.path.isdir(CONF / first)
