"""Likelihoods by their names, and the keys that each takes; Keras is imported only where one is made.

A file of this folder is a likelihood if it defines a class of the same name: `student_t.py` defines `StudentT`.
The keys of a likelihood are the arguments of that class whose types are annotated with rules
(`n: Annotated[int, integer(1, 16)]`); the check of the config reads them from the file's text.
"""

import ast
import importlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from kvae.options import rules
from kvae.options.rules import Rule

if TYPE_CHECKING:
    from kvae.likelihoods.base import Likelihood

FOLDER = Path(__file__).parent


def __getattr__(name: str) -> Any:
    if name == "LIKELIHOODS":  # as `kvae.layers.LIKELIHOODS`
        return {known: class_of(known) for known in names()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def class_name(name: str) -> str:
    """The class of a likelihood: `StudentT` of `student_t`."""
    return "".join(word.capitalize() for word in name.split("_"))


@cache
def names() -> tuple[str, ...]:
    """The names of all likelihoods, those of their files."""
    found = (path.stem for path in sorted(FOLDER.glob("*.py")))
    return tuple(name for name in found if re.search(rf"^class {class_name(name)}\(", source(name), re.MULTILINE))


def source(name: str) -> str:
    """The text of a file of this folder."""
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")


def module_of(kind: str) -> str | None:
    """The module of a likelihood's class; None for any other class."""
    module = {class_name(name): f"{__package__}.{name}" for name in names()}
    return module.get(kind)


def class_of(name: str) -> type["Likelihood"]:
    """The class of the likelihood of that name, imported."""
    return getattr(importlib.import_module(f"{__package__}.{name}"), class_name(name))


@cache
def keys(name: str) -> Mapping[str, tuple[Rule, bool]]:
    """The keys of a likelihood: for each its rule, and whether it must be given."""
    tree = ast.parse(source(name))
    kind = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_name(name))
    inits = [node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    found: dict[str, tuple[Rule, bool]] = {}
    for init in inits:
        arguments = init.args.args
        needed = len(arguments) - len(init.args.defaults)
        for place, argument in enumerate(arguments):
            if argument.annotation is not None and (rule := rule_of(argument.annotation)) is not None:
                found[argument.arg] = rule, place < needed
    return found


def rule_of(annotation: ast.expr) -> Rule | None:
    """The rule in `Annotated[type, rule]`, by the names of `kvae.options.rules`; None for any other annotation."""
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated"):
        return None
    words = {**vars(rules), "Annotated": Annotated}
    return eval(compile(ast.Expression(annotation), "<annotation>", "eval"), words).__metadata__[0]  # own source


def check_own(kind: type, values: Mapping[str, Any]) -> None:
    """Raise ValueError unless the arguments of a likelihood's constructor are as its annotations say."""
    hints = kind.__init__.__annotations__  # type: ignore[misc]
    for key, value in values.items():
        rule = hints[key].__metadata__[0]
        plain = value.item() if hasattr(value, "item") else value
        if not rule.accepts(plain):
            raise ValueError(f"`{key}` must be {rule.allowed}. Received: {key}={value!r}")


def named_or_target() -> Rule:
    """What a config may hold: a likelihood's name, a node of that and its keys, or one with a `_target_`."""

    def accepts(value: Any) -> bool:
        node = value if isinstance(value, Mapping) else {"name": value}
        name = node.get("name")
        return isinstance(node.get("_target_"), str) or (isinstance(name, str) and name in names())

    return Rule(f"one of {', '.join(names())}, or a node with a _target_", accepts, names()[0])


def what_is_wrong(value: Any, key: str) -> str | None:
    """The error text for a likelihood that a config or a caller gives; None if it is right.

    Args:
        value: A name, or a dictionary of its `name` and its keys. One with a `_target_` is not checked.
        key: Its key in error texts, such as `model.likelihood`.
    """
    rule = named_or_target()
    if not rule.accepts(value):
        return f"{key} must be {rule.allowed}. Received: {value!r}. Type, for example, {key}={rule.example}"
    node = {"name": value} if isinstance(value, str) else value
    return None if "_target_" in node else wrong_key(node, key)


def wrong_key(node: Mapping[str, Any], key: str) -> str | None:
    """The error text for the keys of a known likelihood; None if they are right."""
    name, allowed = node["name"], keys(node["name"])
    for one, value in node.items():
        if one == "name":
            continue
        if one not in allowed:
            if not allowed:
                return f"unknown key {key}.{one}. {name} has no keys"
            return rules.unknown_key(f"{key}.{one}", [*allowed, "name"])
        rule = allowed[one][0]
        if not rule.accepts(value):
            return (
                f"{key}.{one} must be {rule.allowed}. Received: {value!r}. Type, for example, "
                f"{key}.{one}={rule.example}"
            )
    for one, (rule, needed) in allowed.items():
        if needed and one not in node:
            return f"{key}={name} needs {one}, {rule.allowed}. Type, for example, {key}.{one}={rule.example}"
    return None


def get_likelihood(likelihood: "str | Mapping[str, Any] | Likelihood") -> "Likelihood":
    """The likelihood of that name, of a dictionary of a name and keys, or the given one.

    Raises:
        ValueError: For an unknown name, or unknown or wrong keys.
    """
    from kvae.likelihoods.base import Likelihood

    if isinstance(likelihood, Likelihood):
        return likelihood
    node = {"name": likelihood} if isinstance(likelihood, str) else likelihood
    name = node.get("name") if isinstance(node, Mapping) else None
    if not isinstance(name, str) or name not in names():
        raise ValueError(
            f"`likelihood` must be one of {', '.join(names())}, or a kvae.layers.Likelihood. "
            f"Received: likelihood={likelihood!r}"
        )
    if (wrong := wrong_key(node, "likelihood")) is not None:
        raise ValueError(in_python(wrong, node))
    arguments = {key: value for key, value in node.items() if key != "name"}
    return class_of(name)(name=name, **arguments)  # a name that Keras numbers would make saved models differ


def in_python(wrong: str, node: Mapping[str, Any]) -> str:
    """The text of `wrong_key` for callers from Python: it says what to pass, not what to type."""
    given = {one: value for one, value in node.items() if one in ("name", *keys(node["name"]))}
    example = given | {one: rule.example for one, (rule, needed) in keys(node["name"]).items() if needed}
    return f"{wrong.partition('. Type, for example')[0]}. Pass, for example, likelihood={example!r}"


def node_of(likelihood: "Likelihood") -> str | dict[str, Any]:
    """What a config holds for a likelihood: its name, and its keys if any; for a user's own the name alone."""
    if likelihood.name not in names():
        return likelihood.name
    own = {key: getattr(likelihood, key) for key in keys(likelihood.name)}
    return {"name": likelihood.name, **own} if own else likelihood.name


def said(likelihood: Any) -> str:
    """A likelihood of a config in a line of the log: its name or target, and its keys."""
    if not isinstance(likelihood, Mapping):
        return str(likelihood)
    name = likelihood.get("name") or str(likelihood.get("_target_")).rpartition(".")[2]
    own = [f"{key}={value}" for key, value in likelihood.items() if key not in ("name", "_target_")]
    return f"{name} ({', '.join(own)})" if own else str(name)
