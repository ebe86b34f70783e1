"""What is typed after `kvae` or `python run.py`, as Hydra takes it: options first, and values of any signs."""

import os
import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf

from kvae.config.command_options import split_options
from kvae.errors import InputError
from kvae.options.quoting import escaped, quoted, shell
from kvae.process.paths import CONF

BRACKETS = {"[": "]", "{": "}", "(": ")"}
SWEEP = ("-m", "--multirun")
NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes that are none of the locale's letters
NAMED = ("model.likelihood",)  # keys whose value may be a name, or a node of a name and keys of its own
MODULES = "network.modules"
COMPLETION = ("-sc", "--shell-completion")


def as_hydra_takes_it(arguments: list[str]) -> list[str]:
    """Arguments with the options before the overrides, and values that Hydra's grammar lacks in quotes.

    Names of files and columns have spaces, brackets, umlauts and `=`, which Hydra takes for signs of its own where
    they are not in quotes. `~/` in front of a value is the user's home.

    Raises:
        InputError: For an option that does not exist, something that is no `key=value`, or a list without its end.
    """
    if any(argument in COMPLETION for argument in arguments):
        return arguments
    for argument in arguments:
        if NO_TEXT.search(argument):
            raise InputError(
                f"{argument!a} has signs that are no text here. Type LC_ALL=C.UTF-8 before the command, or "
                "rename the file"
            )
    options, overrides = split_options(arguments)
    sweeps = any(option in SWEEP for option in options)
    return [*options, *named([readable(overrides, place, sweeps) for place in range(len(overrides))])]


def named(overrides: list[str]) -> list[str]:
    """Overrides in which a value that has keys below it is the `name` beside them.

    Of `model.likelihood=NAME model.likelihood.KEY=1` Hydra would keep the second alone, and refuse a first key.
    Keys of a network's modules are taken whether its YAML names them or not: kvae itself checks them.
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
    """One override so that Hydra can read it."""
    text = overrides[place]
    key, equals, value = text.partition("=")
    if not equals and key.startswith("~") and parses(text):
        return text
    if not equals or not key.strip("+~ "):
        raise InputError(without_key_or_value(overrides, place))
    check_group(key, value)
    if value == "???":  # OmegaConf's word for a value that is missing, in quotes as well
        raise InputError(f"{text}: ??? stands for a value that is yet to be given. Type another for {key}")
    if value.startswith("~/"):
        value = os.path.expanduser(value)
        text = f"{key}={value}"
    if parses(text):
        return text
    if is_cut_off(value):
        raise InputError(cut_off(overrides, place))
    if len(re.findall(r"(?<!\\)\$\{", value)) > value.count("}"):
        raise InputError(
            f"{text} begins a reference with ${{ and does not end it. Type {shell(f'{key}=${{name}}')} for the "
            f"value of a key, or, for the signs themselves, {shell(f'{key}={escaped(value)}')}"
        )
    meant = meaning(key, value, sweeps)
    if parses(meant):
        return meant
    if parses(f"{key}=1"):
        raise InputError(f"{text} cannot be understood: there is nothing before or after one of its commas")
    raise InputError(f"{text} cannot be understood: {key} is no key. Keys are letters, digits, _ and dots")


# Groups of whose options several may be chosen at once, as a list.
TOGETHER = ("metric",)


def check_group(key: str, value: str) -> None:
    """Raise InputError where a group is given nothing, a number, or several of its options as a list."""
    group = key.lstrip("+")
    options = sorted(path.stem for path in (CONF / group).glob("*.yaml")) if group.strip("./") == group else []
    if not options and group != "hydra":
        return
    allowed = (
        f"{group} must be one of {', '.join(options)}" if group != "hydra" else "hydra has keys, and no options"
    )
    if value in ("", "null"):
        raise InputError(f"{allowed}. Received: {value or 'nothing'}. To leave it as it is, leave {group} out")
    if value.startswith("[") and group not in TOGETHER:
        sweep = shell(f"{group}={value.strip('[]')}")
        raise InputError(f"{allowed}. Received: {value}. For a sweep over several type -m {sweep}")
    if value.replace(".", "").isdigit() or group == "hydra":
        raise InputError(f"{allowed}. Received: {value}")


def meaning(key: str, value: str, sweeps: bool) -> str:
    """What an override means that Hydra cannot read: a list, several values of a sweep, or a text.

    A mapping such as `{age: >60, sex: female}` is a text, which whoever takes mappings reads.

    Raises:
        InputError: For lists in lists and quotes in lists, of which that cannot be told.
    """
    is_list = value.startswith("[") and value.endswith("]")
    is_mapping = value.startswith("{") and value.find("}") == len(value) - 1
    inner = value[1:-1] if is_list else value
    if is_mapping or (not is_list and ("," not in value or os.path.exists(value))):
        return f"{key}={quoted(value)}"
    if set(inner) & set("[]{}'\""):
        raise InputError(
            f"{key}={value} cannot be understood. Put names that hold more than letters, digits and spaces in "
            f"single quotes, and the whole in double ones: \"{key}=['größe','a (b)']\""
        )
    if not is_list and not sweeps:
        raise InputError(several_values(key, value))
    parts = ",".join(map(one_value, inner.split(",")))
    return f"{key}=[{parts}]" if is_list else f"{key}={parts}"


def several_values(key: str, value: str) -> str:
    """What to type instead of values with commas between them where no sweep was asked for."""
    single = f"{key}={quoted(value)}"
    if not value.strip(", "):
        return f"{key}={value} lacks values between its commas. For a text of commas type {shell(single)}"
    return (
        f"{key}={value} holds several values. Type -m before it for a sweep, {shell(f'{key}=[{value}]')} for a "
        f"list, or {shell(single)} for a text with commas"
    )


def one_value(text: str) -> str:
    """One of several values, in quotes where it needs them."""
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
    """Whether a value begins a list that it does not end, as one with a space in it does."""
    return bool(value) and value[0] in BRACKETS and value.count(value[0]) > value.count(BRACKETS[value[0]])


def cut_off(overrides: list[str], place: int) -> str:
    """What to type for a list that was cut off, with what came after it."""
    whole = overrides[place]
    for more in overrides[place + 1 :]:
        if "=" in more or not is_cut_off(whole.partition("=")[2]):
            break
        whole = f"{whole} {more}"
    if is_cut_off(whole.partition("=")[2]):
        whole += BRACKETS[whole.partition("=")[2][0]]
    return f"{overrides[place]} begins a list and does not end it. Type lists in quotes: {shell(whole)}"


def without_key_or_value(overrides: list[str], place: int) -> str:
    """What to type instead of something that is no `key=value`."""
    text, after = overrides[place], overrides[place + 1 : place + 3]
    if text.startswith("="):
        return f"{text or repr(text)} has no key before it. Type key=value, without spaces around ="
    if after and after[0].startswith("="):
        joined = text + "".join(after if after[0] == "=" else after[:1])
        return f"{text} stands apart from its value. Type it without spaces around =: {shell(joined)}"
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
    """Whether a text is a key of the config, or of Hydra, as far as its beginning tells."""
    first = text.lstrip("+~").partition(".")[0].partition("/")[0]
    return first == "hydra" or first in OmegaConf.load(CONF / "config.yaml") or os.path.isdir(CONF / first)
