"""Metrics of the user's own: functions of plain arrays, checked before training and called after it."""

import inspect
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kvae.errors import InputError, in_short
from kvae.metrics.meaning import DECLARED, HELD_OUT, Meaning, of_kvae

log = logging.getLogger(__name__)

# The arguments that such a function may have, passed by keyword: NumPy arrays with a row per observation.
ARGUMENTS = {
    "x": "observations in the data's own units, (n, *data_shape); with data=table, categories are numbers",
    "x_hat": "their reconstructions, in the same units",
    "z_mean": "means of their posteriors, (n, latent_dim)",
    "z_log_var": "natural-log variances of their posteriors, (n, latent_dim)",
    "prior_mu": "prior means of their codes, 0 where no module sends any, (n, latent_dim)",
    "labels": "their labels, text or numbers, (n,); a row without one has '' or NaN",
}
# Whole numbers beyond it are no longer exact in other programs' JSON.
LARGEST = 2**53
RANK = 2  # whoever asks for a metric of their own wants to see it


def check_name(name: str) -> None:
    """Raise InputError unless `name` can be the name of a metric."""
    if re.fullmatch(r"[A-Za-z]\w*", name) is None or name.startswith(HELD_OUT) or re.search(r"_round\d+$", name):
        raise InputError(
            f"metric.{name} must have a name of letters, digits and _, which neither begins with {HELD_OUT} "
            "nor ends like _round1"
        )
    if name in of_kvae():
        raise InputError(f"metric.{name} has the name of one of kvae's metrics. Rename it in its YAML")


def take(name: str, function: Any, target: str) -> None:
    """Check a metric of the user's own, and store its meaning: what it declares, or its docstring's first line.

    Args:
        name: Its name.
        function: The function that measures it; a `functools.partial` if its YAML has arguments.
        target: Its `_target_`, `MODULE.FUNCTION`.

    Raises:
        InputError: When it is not a function, does not take the arguments in its YAML, or needs others than
            `ARGUMENTS`.
    """
    check_name(name)
    wrong = f"metric.{name}._target_={target}"
    if not callable(function):
        raise InputError(f"{wrong} must be a function. Received: {function!r}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        taken = inspect.signature(function.func).parameters if hasattr(function, "func") else {}
        unknown = ", ".join(key for key in getattr(function, "keywords", {}) if key not in taken)
        raise InputError(f"{wrong} does not take {unknown or 'arguments'}, which its YAML gives") from error
    for parameter in parameters:
        needed = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_ONLY,
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        if needed and (parameter.name not in ARGUMENTS or parameter.kind is parameter.POSITIONAL_ONLY):
            raise InputError(
                f"{wrong} needs the argument {parameter.name}, which kvae does not pass. It may take by name "
                f"{', '.join(ARGUMENTS)}; set other arguments in its YAML, or give them defaults"
            )
    own = getattr(function, "func", function)
    declared = getattr(own, "measures", {})
    DECLARED[name] = declared.get(name) or (
        next(iter(declared.values()))
        if len(declared) == 1
        else Meaning(in_words(name), first_line(own), rank=RANK)
    )


def measure_own(functions: Mapping[str, Callable[..., Any]], arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The metrics that functions, checked by `take`, return; `arrays` are those of `ARGUMENTS` that there are.

    A function that fails, or returns anything but a number or a dictionary of numbers, is left out with a warning:
    hours of training must not be lost by it, and metrics can be measured again.
    """
    found: dict[str, float] = {}
    for name, function in functions.items():
        asked = inspect.signature(function).parameters.items()
        bound = getattr(function, "keywords", {})
        given = {key: arrays[key] for key, _ in asked if key in arrays and key not in bound}
        lacks = [key for key, one in asked if key in ARGUMENTS and key not in given and one.default is one.empty]
        if lacks:
            log.info("metric %s is not measured: there are no %s", name, " and no ".join(lacks))
            continue
        try:
            measured = numbers_of(name, function(**given))
            taken = measured.keys() & (found.keys() | of_kvae().keys())
            if taken:
                raise ValueError(f"there is a metric {', '.join(sorted(taken))} already")
        except Exception as error:
            log.warning("warning: metric %s is left out (%s)", name, why(error))
            log.debug("why it could not be measured", exc_info=True)
            continue
        for key in measured.keys() - DECLARED.keys():
            DECLARED[key] = Meaning(in_words(key), DECLARED[name].text, rank=RANK)
        found |= measured
    return found


def numbers_of(name: str, returned: Any) -> dict[str, float]:
    """Metrics by their names, from the value that a function returned.

    Raises:
        ValueError: For anything but a number or a dictionary of numbers.
    """
    must = "it must return a number, or a dictionary of numbers by name"
    if not isinstance(returned, Mapping):
        return {name: as_number(returned, must)}
    for key in returned:
        if not isinstance(key, str) or re.fullmatch(r"[A-Za-z]\w*", key) is None:
            raise ValueError(f"{must}. Received the name {key!r}")
    return {key: as_number(value, f"{must}. Under {key}") for key, value in returned.items()}


def as_number(value: Any, must: str) -> float:
    """A Python number from any kind of scalar."""
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "biuf":
        what = f"an array of shape {array.shape}" if array.shape else repr(value)[:100]
        raise ValueError(f"{must}. Received: {what}")
    number = array.item()
    return number if isinstance(number, float) or abs(number) <= LARGEST else float(number)


def why(error: Exception) -> str:
    """An error on one line."""
    return in_short(error) if type(error) is ValueError else f"{type(error).__name__}: {in_short(error)}"


def in_words(name: str) -> str:
    """A name as a title."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def first_line(function: Any) -> str:
    """The first line of a docstring; empty of a function without one."""
    return (inspect.getdoc(function) or "").strip().partition("\n")[0]
