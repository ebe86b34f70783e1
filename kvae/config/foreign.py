"""What the command that a folder brings may say: `resume=FOLDER` runs it, and somebody else may have written it.

It may set kvae's own keys to plain values. Whatever else it says counts only when the user types it again: where
files go, which machine works, which code is called, what is read from the environment.
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
# Keys with keys of their own below them, which are arguments of what their `_target_` names; and groups that take
# keys which no rule covers, as networks and schedules of the user's own have.
NODES = ("model.encoder", "model.decoder", "model.likelihood", "train.optimizer")
OPEN = ("model", "kl", "prior")
MODULES = ("network", "modules")
KIND = re.compile(r"network\.modules\.\w+\.module")  # what a node of a network is
CHOSEN = {*GROUPS, "experiment", "sweep"}
# Of Hydra's own keys those that say how many jobs there are and which: this machine's, and no more of it at once.
OF_SWEEPS = {
    "hydra.sweeper.n_trials": MANY_JOBS,
    "hydra.sweeper.n_jobs": 64,
    "hydra.sweeper.max_batch_size": MANY_JOBS,
    "hydra.launcher.n_jobs": 64,
}
LAUNCHERS = {"basic", "cores", "joblib"}
# The largest numbers of a key, or of the keys of a group: more takes memory without end, or is a mistake.
LARGEST = {
    "model": 2**14, "prior": 10_000, "network": 100_000, "mode": 10_000_000, "data.height": 2**14,
    "data.width": 2**14, "data.shape": 2**14,
}  # fmt: skip
# Keras reads objects from such dictionaries.
OBJECTS = {"class_name", "config", "module", "registered_name"}
REFERENCE = re.compile(r"\$\{(\w+)(\.\w+)*\}")


def check_command(overrides: list[str], folder: Path) -> None:
    """Refuse a command of a folder that says more than it may.

    Args:
        overrides: What the folder brings, less what the user has typed anew.
        folder: The folder.

    Raises:
        InputError: With what it wants, and what to type.
    """
    if len(overrides) > MANY_OVERRIDES:
        raise InputError(f"resume={folder} brings more than {MANY_OVERRIDES:,} overrides: no command of kvae's")
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
            f"resume={folder} brings  {what}  which {why}{others}. A folder may set kvae's own keys to plain "
            f"values, and nothing else. If it is your own, type it again:  {in_a_line(again[:1000])}"
        ) from why


def typed(text: str) -> str:
    """An override as one types it in a shell."""
    return text if re.fullmatch(r"[\w@%+=:,./~-]+", text) else "'" + text.replace("'", "'\"'\"'") + "'"


def parsed(text: str) -> Override:
    """An override, taken apart as Hydra does it."""
    if text.startswith("-"):
        raise ValueError("is an option of Hydra's, and no key")
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST:,} characters")
    try:
        return OverridesParser.create().parse_override(text)
    except (HydraException, RecursionError, ArithmeticError) as error:
        raise ValueError("is no override") from error


def check_key(override: Override, folder: Path) -> None:
    """Raise ValueError unless a key is kvae's own, and may come from a folder."""
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
        raise ValueError("is no key of kvae's" if not key.startswith("hydra") else "is a key of Hydra's")
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
    """Raise ValueError unless a group is given names of its files, and no paths."""
    if isinstance(value, Glob):
        return
    for name in plain(value):
        if name is not None and re.fullmatch(r"\w[\w-]*", str(name)) is None:
            raise ValueError(f"must name a file of the group {group}")
        if group == "tracking" and not stays(name):
            raise ValueError("keeps a record outside the folder")


def stays(tracking: Any) -> bool:
    """Whether all that `tracking=...` keeps stands in the run folder."""
    from kvae.tracking.options import PACKAGE

    return any(options().name == str(tracking) and options.STAYS for options in all_in(PACKAGE))


def check_places(key: str, value: Any, folder: Path) -> None:
    """Raise ValueError where something would be written to a place that the folder chooses."""
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
                raise ValueError("names a place that does not hold the folder")


def check_value(override: Override) -> int:
    """The number of values that a sweep over this override has, else 1.

    Raises:
        ValueError: When one of them is more than plain data, or absurdly large.
    """
    key, value = override.key_or_group, override._value
    for name, one in leaves(value, key):
        check_leaf(name, one)
    if isinstance(value, RangeSweep):
        return number_of(value)
    return len(value.list) if isinstance(value, ChoiceSweep) else 1


def number_of(sweep: RangeSweep) -> int:
    """How many values a range has; nothing is enumerated."""
    numbers = (sweep.start, sweep.stop, sweep.step)
    if any(one is None or not math.isfinite(one) for one in numbers) or sweep.step == 0:
        raise ValueError("has no end")
    return max(1, math.ceil((sweep.stop - sweep.start) / sweep.step))  # type: ignore[operator]


def plain(value: Any) -> list[Any]:
    """The values of an override, one or several, quotes taken off."""
    return [one for _, one in leaves(value, "")]


def leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """The single values of an override, each with the key that it stands under."""
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
            raise ValueError(f"calls {value}, which is not among what kvae and Keras document for this")
    elif re.fullmatch(r"_.*_", name) or (name in OBJECTS and KIND.fullmatch(key) is None):
        raise ValueError(f"says how code is called, by {name}")
    if isinstance(value, str) and "$" in value:
        reference = REFERENCE.fullmatch(value)
        if reference is None or reference[1] not in {*GROUPS, *TOP}:
            raise ValueError(
                "asks for more than another key of kvae's: what is computed is not taken from a folder"
            )
    most = next((most for start, most in LARGEST.items() if f"{key}.".startswith(f"{start}.")), 2**53)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > most:
        raise ValueError(f"is more than {most:,}")
