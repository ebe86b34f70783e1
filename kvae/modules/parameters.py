"""Checks of modules' parameters; every error names the parameter, what is allowed, and the value received."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.options.arguments import is_integer, is_number


def check_whole(key: str, value: Any, lowest: int = 1) -> None:
    """Raise InputError unless `value` is an integer of at least `lowest`; True and False are not integers here."""
    if not is_integer(value) or value < lowest:
        raise InputError(f"{key} must be an integer >= {lowest}. Received: {key}={value!r}")


def check_number(key: str, value: Any, lowest: float = 0.0, above: bool = False) -> None:
    """Raise InputError unless `value` is a finite number of at least, or above, `lowest`."""
    if not is_number(value) or not (value > lowest if above else value >= lowest):
        sign = ">" if above else ">="
        raise InputError(f"{key} must be a finite number {sign} {lowest:g}. Received: {key}={value!r}")


def check_share(key: str, value: Any, words: str, accepts: Callable[[float], bool]) -> None:
    """Raise InputError unless `value` is a number for which `accepts` is true; `words` describe such numbers."""
    if not is_number(value) or not accepts(value):
        raise InputError(f"{key} must be {words}. Received: {key}={value!r}")


def check_word(key: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise InputError unless `value` is one of the `allowed` words."""
    if not isinstance(value, str) or value not in set(allowed):
        raise InputError(f"{key} must be one of {', '.join(allowed)}. Received: {key}={value!r}")


def check_flag(key: str, value: Any) -> None:
    """Raise InputError unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{key} must be True or False. Received: {key}={value!r}")


def check_widths(key: str, value: Any) -> None:
    """Raise InputError unless `value` is a width, or a list of widths, of hidden layers."""
    for width in value if isinstance(value, list | tuple) else [value]:
        if not is_integer(width) or width < 1:
            raise InputError(f"{key} must be an integer >= 1, or a list of them. Received: {key}={value!r}")


def check_name(value: Any) -> None:
    """Raise InputError unless `value` can be a part of a folder's name."""
    if not isinstance(value, str) or not value or {"/", "\\", "\0"} & set(value):
        raise InputError(f"name must be text without / and \\, since it names a folder. Received: name={value!r}")


def check_only_recog(key: str, value: Any, mode: str) -> None:
    """Raise InputError for a parameter that is given in a mode other than `recog`, where it has no meaning."""
    if value is not None and mode != "recog":
        raise InputError(f"{key} is for mode='recog' only, which loads what was learnt. Received: mode={mode!r}")


def not_default(function: Callable[..., Any], values: Mapping[str, Any]) -> list[str]:
    """Names of the parameters of a function whose `values` differ from its defaults."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    return [name for name, value in values.items() if not same(value, defaults[name])]


def same(value: Any, other: Any) -> bool:
    """Whether two values of a parameter are equal; a list of one width is that width."""
    first, second = (list(v) if isinstance(v, list | tuple) else [v] for v in (value, other))
    return first == second
