"""Rules for config values: what is allowed, in words and as a check, so that every error has one form."""

import dataclasses
import difflib
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from kvae.errors import InputError

# How rules call one value, and several.
ONE, PLURAL = re.compile(r"^an? ((?:finite )?)(integer|number)\b"), r"\1\2s"


@dataclass(frozen=True)
class Rule:
    """A constraint on one value.

    Attributes:
        allowed: The constraint in words, to follow "must be".
        accepts: Whether a value satisfies it.
        example: A value that does, as typed on the command line.
        below: What to type between the key and the example, such as `._target_`, if the example is of a subkey.
    """

    allowed: str
    accepts: Callable[[Any], bool]
    example: Any
    below: str = ""

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(
            f"{self.allowed} or {other.allowed}",
            lambda value: self.accepts(value) or other.accepts(value),
            self.example,
        )


def is_number(value: Any) -> bool:
    """Whether `value` is an int or a float; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: float) -> bool:
    """Whether a number is finite as a float: integers of Python have no limit."""
    return -sys.float_info.max <= value <= sys.float_info.max


def integer(minimum: int, example: int) -> Rule:
    """An integer of at least `minimum`."""
    return Rule(
        f"an integer >= {minimum}",
        lambda value: is_number(value) and isinstance(value, int) and value >= minimum,
        example,
    )


def number(minimum: float, example: float, above: bool = False) -> Rule:
    """A finite number of at least, or above, `minimum`."""
    return Rule(
        f"a finite number {'>' if above else '>='} {minimum:g}",
        lambda value: is_number(value) and is_finite(value) and (value > minimum if above else value >= minimum),
        example,
    )


def fraction(example: float) -> Rule:
    """A number from 0 to below 1."""
    return Rule("a number >= 0 and < 1", lambda value: is_number(value) and 0 <= value < 1, example)


def one_of(*options: str) -> Rule:
    """One of a few words."""
    return Rule(f"one of {', '.join(options)}", lambda value: value in options, options[0])


def text(example: str) -> Rule:
    """Text that is not empty."""
    return Rule("text", lambda value: isinstance(value, str) and value != "", example)


def target(example: str) -> Rule:
    """A node with a `_target_`."""
    return Rule(
        "a node with a _target_",
        lambda value: isinstance(value, dict) and isinstance(value.get("_target_"), str),
        example,
        "._target_",
    )


def list_of(rule: Rule, example: str, several: str = "") -> Rule:
    """A list, not empty, of values under one rule; `several` describes more than one of them."""
    return Rule(
        f"a list of {several or ONE.sub(PLURAL, rule.allowed)}",
        lambda value: isinstance(value, list) and len(value) > 0 and all(map(rule.accepts, value)),
        example,
    )


def described(callable_: Callable[..., Any], given: Iterable[str] = ()) -> list[tuple[str, Any, Any]]:
    """The keys that a function's keyword arguments, or a dataclass's fields, declare: name, annotation and field.

    Args:
        callable_: The function or class. An argument annotated with a rule, `Annotated[int, integer(1, 4)]`, takes
            what that allows; one without takes anything.
        given: Arguments that are not keys: kvae passes them.
    """
    found = []
    for name, parameter in inspect.signature(callable_).parameters.items():
        if name in given or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        hint = evaluated(parameter.annotation, callable_)
        annotation = hint if hasattr(hint, "__metadata__") else Annotated[Any, ANYTHING]
        found.append((name, annotation, field_of(parameter.default)))
    return found


def evaluated(annotation: Any, callable_: Any) -> Any:
    """An annotation as an object, also where annotations are text; None if it cannot be evaluated."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, vars(sys.modules[callable_.__module__]))  # as `typing.get_type_hints` does
    except (NameError, AttributeError, TypeError, SyntaxError, KeyError):
        return None


def field_of(default: Any) -> Any:
    """A field with a default of any kind; dataclasses refuse mutable defaults that are set directly."""
    if default is inspect.Parameter.empty:
        return dataclasses.field()
    return dataclasses.field(default_factory=lambda: default)


def declared(section_class: type) -> dict[str, Rule]:
    """The rules of a dataclass's keys."""
    hints = get_type_hints(section_class, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


ANYTHING = Rule("a value", lambda value: True, "1")
FLAG = Rule("true or false", lambda value: isinstance(value, bool), "true")
NULL = Rule("null", lambda value: value is None, "null")
# The name of an option, by which its file is found.
Name = Annotated[str, text("name")]


class UnknownKeyError(InputError):
    """A key that the chosen option of a group does not have.

    Attributes:
        group: The group.
        name: The key within it.
        option: The option that lacks it, as the group names it.
    """

    def __init__(self, text: str, group: str, name: str) -> None:
        super().__init__(text)
        self.group, self.name = group, name


def build_section(section_class: type, values: dict[str, Any], prefix: str, lenient: bool = False) -> Any:
    """An instance of a dataclass whose fields are annotated with rules, from plain values that satisfy them.

    Args:
        section_class: The dataclass; its field `extra`, if any, takes keys without a rule.
        values: The section as composed.
        prefix: The beginning of the section's keys in error texts, such as `model.`.
        lenient: Whether keys without a rule are left out: an earlier version may have had them.

    Raises:
        InputError: For an unknown key, or a value that its rule rejects.
    """
    rules = declared(section_class)
    extra = {key: value for key, value in values.items() if key not in rules}
    needed = {field.name for field in dataclasses.fields(section_class) if not has_default(field)}
    takes_extra = any(field.name == "extra" for field in dataclasses.fields(section_class))
    if extra and not takes_extra and not lenient:
        key = next(iter(extra))
        raise UnknownKeyError(unknown_key(f"{prefix}{key}", rules), prefix.rstrip("."), key)
    known = {}
    for name, rule in rules.items():
        if name not in values:
            if name in needed:
                typed = f"{prefix}{name}{rule.below}={rule.example}"
                raise InputError(f"{prefix}{name} is missing. Type, for example, {typed}")
            continue
        if not rule.accepts(values[name]):
            raise InputError(
                f"{prefix}{name} must be {rule.allowed}. Received: {in_yaml(values[name])}. "
                f"Type, for example, {prefix}{name}{rule.below}={rule.example}"
            )
        known[name] = values[name]
    if takes_extra:
        known["extra"] = extra
    return section_class(**known)


def in_yaml(value: Any) -> str:
    """A value of a config as it is typed: null, true and false, also within lists; else its `repr`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_yaml, value))}]"
    return repr(value)


def has_default(field: dataclasses.Field) -> bool:
    """Whether a field need not be given."""
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def unknown_key(key: str, allowed: Iterable[str]) -> str:
    """The error text for a key that is not among the `allowed` keys of its section."""
    allowed = sorted(allowed)
    section, _, name = key.rpartition(".")
    if not allowed and section:
        return f"unknown key {key}. {section} has no keys"
    place = f"under {section}" if section else "at the top"
    close = difflib.get_close_matches(name, allowed, n=1)
    full = f"{section}.{close[0]}" if close and section else "".join(close)
    hint = f". Did you mean {full}?" if close else ""
    return f"unknown key {key}. Allowed {place}: {', '.join(allowed)}{hint}"
