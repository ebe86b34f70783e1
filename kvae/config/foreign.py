"""Checks of the command stored in a folder, which `resume=FOLDER` runs and somebody else may have written.

It may set kvae's own keys to plain values. The user must type anything else again: where files are written, which
machine runs jobs, which code is called, and what is read from the environment.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    OverrideType,
    QuotedString,
    RangeSweep,
)
from hydra.errors import HydraException

from kvae.config.targets import is_documented
from kvae.errors import InputError
from kvae.options.found import all_in
from kvae.options.schema import GROUPS, RunConfig, keys_in
from kvae.process.commands import program
from kvae.process.visible import in_a_line

MANY_OVERRIDES, LONGEST, MANY_JOBS = 1000, 4096, 100_000
TOP = {field.name for field in fields(RunConfig)}
# NODES: keys with keys below them, which are arguments of their `_target_`. OPEN: groups that accept keys without
# a rule, such as those of the user's own networks and schedules.
NODES = ("model.encoder", "model.decoder", "model.likelihood", "train.optimizer")
OPEN = ("model", "kl", "prior")
MODULES = ("network", "modules")
KIND = re.compile(r"network\.modules\.\w+\.module")  # the kind of a node of a network
CHOSEN = {*GROUPS, "experiment", "sweep"}
# The keys of Hydra that a folder may set: how many jobs there are, in all and at once, with their largest values.
OF_SWEEPS = {
    "hydra.sweeper.n_trials": MANY_JOBS,
    "hydra.sweeper.n_jobs": 64,
    "hydra.sweeper.max_batch_size": MANY_JOBS,
    "hydra.launcher.n_jobs": 64,
}
LAUNCHERS = {"basic", "cores", "joblib"}
# The largest number of a key, or of the keys of a group: a larger one fills the memory, or is a mistake.
LARGEST = {
    "model": 2**14, "prior": 10_000, "network": 100_000, "mode": 10_000_000, "data.height": 2**14,
    "data.width": 2**14, "data.shape": 2**14,
}  # fmt: skip
# The keys of dictionaries from which Keras creates objects.
OBJECTS = {"class_name", "config", "module", "registered_name"}
REFERENCE = re.compile(r"\$\{(\w+)(\.\w+)*\}")


def check_command(overrides: list[str], folder: Path) -> None:
    """Refuse a stored command that does more than set kvae's own keys to plain values.

    Args:
        overrides: The stored overrides, without those that the user has typed again.
        folder: The folder.

    Raises:
        InputError: With the first refused override, and the command to type.
    """
    if len(overrides) > MANY_OVERRIDES:
        raise InputError(f"resume={folder} brings more than {MANY_OVERRIDES:,} overrides: no command of kvae")
    jobs = 1
    refused: dict[str, ValueError] = {}
    for text in overrides:
        try:
            override = parsed(text)
            check_key(override, folder)
            jobs *= check_value(override)
            if jobs > MANY_JOBS:
                raise ValueError(f"asks for more than {MANY_JOBS:,} jobs")
        except ValueError as error:
            refused[text] = error
    if refused:
        text, why = next(iter(refused.items()))
        what = in_a_line(text[:200])
        others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        again = " ".join([program(), typed(f"resume={folder}"), *map(typed, refused)])
        raise InputError(
            f"resume={folder} brings  {what}  which {why}{others}. A folder may only set kvae's own keys to "
            f"plain values. If the folder is your own, type the rest yourself:  {in_a_line(again[:1000])}"
        ) from why


def typed(text: str) -> str:
    """An override as one types it in a shell."""
    return text if re.fullmatch(r"[\w@%+=:,./~-]+", text) else "'" + text.replace("'", "'\"'\"'") + "'"


def parsed(text: str) -> Override:
    """An override, parsed by Hydra.

    Raises:
        ValueError: When it is an option, too long, or no override.
    """
    if text.startswith("-"):
        raise ValueError("is an option of Hydra, not a key")
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST:,} characters")
    try:
        return OverridesParser.create().parse_override(text)
    except (HydraException, RecursionError, ArithmeticError) as error:
        raise ValueError("is no override") from error


def check_key(override: Override, folder: Path) -> None:
    """Raise ValueError unless a stored command may set this key to this value."""
    key, value = override.key_or_group, override._value
    if override.type == OverrideType.DEL or override.package is not None:
        raise ValueError("changes which files make up the config")
    if key == "hydra/launcher":
        if not set(map(str, plain(value))) <= LAUNCHERS:
            raise ValueError("hands jobs to other programs or machines")
    elif key == "hydra.sweeper.together" or key == "hydra.sweeper.direction":
        return
    elif key in OF_SWEEPS:
        if not all(isinstance(one, int) and -64 <= one <= OF_SWEEPS[key] for one in plain(value)):
            raise ValueError(f"must be a number of at most {OF_SWEEPS[key]:,}")
    elif key in CHOSEN:
        check_options(key, value)
    elif not is_own(key):
        raise ValueError("is no key of kvae" if not key.startswith("hydra") else "is a key of Hydra")
    else:
        check_places(key, value, folder)


def is_own(key: str) -> bool:
    """Whether a dotted key is in kvae's config, or below one of its nodes."""
    if re.fullmatch(r"\w+(\.\w+)*", key) is None:
        return False
    section, _, name = key.partition(".")
    if not name:
        return section in TOP
    first, _, below = name.partition(".")
    if section not in GROUPS:
        return False
    if first in keys_in(section):
        return not below or (section, first) == MODULES or f"{section}.{first}" in NODES
    return section in OPEN


def check_options(group: str, value: Any) -> None:
    """Raise ValueError unless the value of a group is the name of a file in it, not a path."""
    if isinstance(value, Glob):
        return
    for name in plain(value):
        if name is not None and re.fullmatch(r"\w[\w-]*", str(name)) is None:
            raise ValueError(f"must name a file of the group {group}")
        if group == "tracking" and not stays(name):
            raise ValueError("keeps a record outside the folder")


def stays(tracking: Any) -> bool:
    """Whether `tracking=...` writes only to the run folder."""
    from kvae.tracking.options import PACKAGE

    return any(options().name == str(tracking) and options.STAYS for options in all_in(PACKAGE))


def check_places(key: str, value: Any, folder: Path) -> None:
    """Raise ValueError if the stored command would make kvae write outside the folder."""
    elsewhere = key == "tracking.name" and not all(map(stays, plain(value)))
    in_modules = [name for name, one in leaves(value, key) if one and name.startswith("network.")]
    of_data = (key == "data.cache" and value) or any(name.endswith(".cache") for name in in_modules)
    if key == "tracking.uri" or elsewhere or of_data:
        raise ValueError("writes outside the folder")
    if key == "outputs":
        for one in plain(value):
            path = Path(str(one))
            inside = folder.absolute().is_relative_to(path) if path.is_absolute() else ".." not in path.parts
            if not inside or str(one).startswith("~"):
                raise ValueError("names a place that does not contain the folder")


def check_value(override: Override) -> int:
    """The number of values that an override sweeps over; 1 if it is no sweep.

    Raises:
        ValueError: When a value is not plain data, or is too large.
    """
    key, value = override.key_or_group, override._value
    for name, one in leaves(value, key):
        check_leaf(name, one)
    if isinstance(value, RangeSweep):
        return number_of(value)
    return len(value.list) if isinstance(value, ChoiceSweep) else 1


def number_of(sweep: RangeSweep) -> int:
    """How many values a range has, without enumerating them."""
    numbers = (sweep.start, sweep.stop, sweep.step)
    if any(one is None or not math.isfinite(one) for one in numbers) or sweep.step == 0:
        raise ValueError("has no end")
    return max(1, math.ceil((sweep.stop - sweep.start) / sweep.step))  # type: ignore[operator]


def plain(value: Any) -> list[Any]:
    """The values of an override, one or several, without quotes."""
    return [one for _, one in leaves(value, "")]


def leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """The single values of an override, each with its dotted key."""
    if isinstance(value, ChoiceSweep):
        value = value.list
    if isinstance(value, QuotedString):
        yield key, value.text
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{key}.{name.text if isinstance(name, QuotedString) else name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    elif isinstance(value, RangeSweep):
        yield from ((key, one) for one in (value.start, value.stop, value.step))
    elif isinstance(value, IntervalSweep):
        yield from ((key, one) for one in (value.start, value.end))
    elif not isinstance(value, Glob):
        yield key, value


def check_leaf(key: str, value: Any) -> None:
    """Raise ValueError unless a single value is plain data."""
    name = key.rpartition(".")[2]
    if name == "_target_":
        if not is_documented(value):
            raise ValueError(f"calls {value}, which is no documented part of networks or training")
    elif re.fullmatch(r"_.*_", name) or (name in OBJECTS and KIND.fullmatch(key) is None):
        raise ValueError(f"sets {name}, which controls how code is called")
    if isinstance(value, str) and "$" in value:
        reference = REFERENCE.fullmatch(value)
        if reference is None or reference[1] not in {*GROUPS, *TOP}:
            raise ValueError("refers to something other than a key of kvae, such as a computed value")
    most = next((most for start, most in LARGEST.items() if f"{key}.".startswith(f"{start}.")), 2**53)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > most:
        raise ValueError(f"is more than {most:,}")
