"""Quoting: of arguments for a shell, and of values of overrides for Hydra."""

import re
import shlex
from pathlib import Path

# Characters that Hydra's grammar allows in a value without quotes.
PLAIN = re.compile(r"[A-Za-z0-9_/\\+.$%*@?|:\s-]*")
# Values that it reads as something else than text: a list, a dictionary, a text in quotes, a call, a reference.
STRUCTURED = re.compile(r"\s*(\[.*\]|\{.*\}|\".*\"|[A-Za-z_]\w*\(.*\))\s*|.*\$\{.*", re.DOTALL)


def shell(argument: str) -> str:
    """An argument as it is typed in a shell, with quotes if it needs them."""
    if "'" in argument and not set(argument) & set('"$`\\!'):
        return f'"{argument}"'
    return shlex.quote(argument)


def quoted(text: str | Path) -> str:
    """A text or path as the value of an override, whatever characters it has.

    To Hydra a backslash is an ordinary character, except before a quote and at the end.
    """
    value = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), str(text))
    return f"'{value}'"


def escaped(value: str) -> str:
    """A value in which `${` is plain text, not a reference."""
    return value.replace("${", "\\${")


def key_of(override: str) -> str:
    """The key of an override: `+a.b=1` is one of `a.b`."""
    return override.partition("=")[0].lstrip("+~")


def as_typed(override: str) -> str:
    """An override as a user may type it: without the quotes that kvae put around a value for Hydra.

    Quotes that change the meaning stay: `name='3'` is a text.
    """
    key, _, value = override.partition("=")
    inner = value[1:-1]
    is_quoted = len(value) > 1 and value[0] == value[-1] == "'" and not set(inner) & set("',\\")
    means_something = PLAIN.fullmatch(inner) or STRUCTURED.fullmatch(inner)
    return f"{key}={inner}" if is_quoted and not means_something else override
