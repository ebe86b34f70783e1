"""Errors of Hydra and OmegaConf, reworded in terms of what the user typed."""

import errno
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from hydra.errors import HydraException, InstantiationException, MissingConfigException
from omegaconf import DictConfig, ValueNode
from omegaconf.errors import OmegaConfBaseException

from kvae.config.command_line import several_values
from kvae.config.conf_files import of_another_option
from kvae.errors import InputError
from kvae.options.quoting import shell
from kvae.options.rules import unknown_key
from kvae.process.commands import installing, program

# Launchers that plugins bring.
PLUGINS = {"joblib", "ray", "submitit_local", "submitit_slurm"}


def worded(error: BaseException) -> str:
    """The text of an error, on one line: what is wrong, and what is allowed."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"out of memory: {error}. Lower data.memory, so that the data is streamed, or train.batch_size"
    if isinstance(error, OSError) and not isinstance(error, HydraException):  # some errors are both
        return f"a name is too long for a file or folder: {str(error.filename)[:60]}..."
    if isinstance(error, yaml.YAMLError | UnicodeDecodeError):
        return f"{config_file(error)} cannot be read as YAML: {yaml_mistake(error)}"
    cause = error.__cause__
    parent, key = getattr(cause, "parent_node", None), getattr(cause, "full_key", None)
    if isinstance(parent, DictConfig) and key and "not in struct" in str(cause):
        return missing_key(key, parent)
    if isinstance(error, InstantiationException) and "target 'optuna." in str(error):
        return f"a search needs Optuna: {installing('sweep')}"
    if isinstance(error, MissingConfigException) and (launcher := needed_plugin(error)):
        return f"{launcher} is not installed: {installing('sweep')}"
    in_a_file = str(error).startswith("In '") and not str(error).startswith(("In 'config'", "In 'hydra/config'"))
    if isinstance(error, MissingConfigException) and error.options and error.missing_cfg_file and not in_a_file:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return f"unknown {group}={option}. Allowed: {', '.join(sorted(error.options))}"
    texts = [str(error), *([str(cause)] if isinstance(cause, OmegaConfBaseException) else [])]
    return reworded(" ".join(" ".join(texts).split()))


def is_mistake(error: BaseException) -> bool:
    """Whether an error is a mistake that a user can correct: it is reported in one line, without a traceback."""
    if isinstance(error, yaml.YAMLError | UnicodeDecodeError):
        return config_file(error) is not None
    known = isinstance(error, HydraException | OmegaConfBaseException | InputError | MemoryError)
    return known or (isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG)


def config_file(error: BaseException) -> str | None:
    """The config file that Hydra was reading when an error was raised; None for other errors."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.endswith("file_config_source.py"):
            source, name = frame.f_locals.get("self"), frame.f_locals.get("config_path")
            return f"{getattr(source, 'path', '')}/{name}"
    return None


def yaml_mistake(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """What is wrong in a config file, and the line if it is known."""
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, UnicodeDecodeError | yaml.reader.ReaderError):
        return "it is not UTF-8 text"
    where = "" if mark is None else f" in line {mark.line + 1}"
    return f"{getattr(error, 'problem', None) or 'a mistake'}{where}"


def missing_key(key: str, parent: DictConfig) -> str:
    """The error text for a key that does not exist, with similar keys."""
    names = [str(name) for name in parent if name != "hydra"]
    name = key.rpartition(".")[2]
    elsewhere = [
        group
        for group in names
        if key.isidentifier() and key[0] != "_" and name in as_keys(parent._get_node(group))
    ]
    if "/" in key and key.partition("/")[0] in names:
        return f"unknown key {key}. Did you mean {key.replace('/', '.')}?"
    if elsewhere:
        return f"unknown key {key}. Did you mean {' or '.join(f'{group}.{name}' for group in elsewhere)}?"
    group, _, name = key.partition(".")
    section = {name: parent._get_node(name) for name in names}
    return of_another_option(group, name, plain(section)) or unknown_key(key, names)


def plain(section: Mapping[str, object]) -> dict[str, object]:
    """The scalar values of a section, not interpolated."""
    return {key: node._value() for key, node in section.items() if isinstance(node, ValueNode)}


def as_keys(node: object) -> list[str]:
    """The keys of a section; empty for a value."""
    return [str(key) for key in node] if isinstance(node, DictConfig) and not node._is_none() else []


def needed_plugin(error: MissingConfigException) -> str | None:
    """The launcher of the extra [sweep] that a config asks for and that is not installed, or None."""
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    return f"{group}={option}" if group == "hydra/launcher" and option in PLUGINS else None


def reworded(text: str) -> str:
    """A message of Hydra or OmegaConf, on one line, in terms of what was typed."""
    for pattern, words in WORDS.items():
        if found := re.search(pattern, text):
            return words(found)
    return re.sub(r" full_key: (\S+)( reference_type=\S+)?( object_type=\S+)?", r" (\1)", text)


def referring(found: re.Match[str]) -> str:
    """The error text for a reference to a key that does not exist."""
    return (
        f"{found[2]} refers to ${{{found[1]}}}, but there is no key {found[1]}. If no reference is meant, type a "
        f"backslash before $, in single quotes: '{found[2]}=\\${{{found[1]}}}'"
    )


WORDS: dict[str, Callable[[re.Match[str]], str]] = {
    r"Ambiguous value for argument '(.+?)' 1\. To use": lambda found: several_values(*found[1].split("=", 1)),
    r"Sweep parameters '(.+)' requires --multirun": lambda found: (
        f"{found[1]} is a sweep, which needs -m: {program()} -m {shell(found[1])}"
    ),
    r"Could not append to config\. An item is already at '([^']+)'\. Either remove \+ prefix: '(.+?)' Or": (
        lambda found: f"there is a key {found[1]} already. Type it without +: {shell(found[2])}"
    ),
    r"Could not delete from config\. '([^']+)' does not exist": lambda found: (
        f"~{found[1]} deletes nothing: {found[1]} is null or no key. To set a key to null, type {found[1]}=null"
    ),
    r"Could not override '([^']+)'": lambda found: (
        f"unknown key {found[1]}. {program()} --cfg job shows the keys of a run, --cfg hydra those of Hydra"
    ),
    r"Interpolation key '([^']+)' not found full_key: (\S+)": referring,
    r"Environment variable '([^']+)' not found\"? full_key: (\S+)": lambda found: (
        f"{found[2]} refers to the environment variable {found[1]}, which is not set"
    ),
    r"Recursive interpolation detected full_key: (\S+)": lambda found: f"{found[1]} refers to itself",
    r"Unsupported interpolation type (\S+) full_key: (\S+)": lambda found: (
        f"{found[2]} refers to ${{{found[1]}:...}}, but there is no resolver {found[1]}. A variable of the "
        "environment is ${oc.env:NAME}"
    ),
    r"Error merging override (\S+) Value '(.*?)' is not a valid (\w+)": lambda found: (
        f"{found[1]} is of the wrong type: it must be a {found[3]}"
    ),
    r"In '([^']+)': Could not (?:load|find) '([^']+)'": lambda found: (
        f"{found[1]}.yaml names {found[2]} in its list of defaults, but there is no such file"
    ),
    r"Cannot find primary config '([^']+)'": lambda found: (
        f"--config-name {found[1]}: there is no {Path(found[1]).stem}.yaml in conf/"
    ),
    r"Primary config directory not found": lambda found: (
        "--config-path is no folder. To add configs of your own to kvae's, type --config-dir FOLDER"
    ),
}
