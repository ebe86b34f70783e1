"""The list of errors: every text that is raised for a user's mistake, found in the code, by subject."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from generated.escaping import escaped
from generated.places import ROOT
from kvae.process import commands

# Errors that users can correct. The command line prints InputError alone as one line; Python raises all of them.
RAISED = {
    "InputError",
    "LaterVersionError",
    "WriteError",
    "WorkerLostError",
    "PrunedError",
    "UnknownKeyError",
    "ValueError",
    "TypeError",
}
# Headings, and the folders and files of the errors under each; the first that matches a file counts.
ABOUT = {
    "Options, keys and values": ("config", "options"),
    "Text files and tables": ("data/text", "data/table", "data/kinds", "data/columns", "data/tables.py", "table"),
    "Images": ("data/images", "data/sources/images.py"),
    "Data and scaling": ("data",),
    "Likelihoods": ("likelihoods",),
    "Networks and layers": ("networks", "layers.py", "exact"),
    "The model": ("model.py", "vae", "objective.py"),
    "Training, devices and machines": ("training", "callbacks.py", "schedules"),
    "Modules and networks of them": ("modules",),
    "Compression": ("uses/compression", "compress"),
    "What a learnt run is used for": ("uses", "modes"),
    "Metrics and pictures": ("metrics", "plots", "report"),
    "Run folders and files": ("runs", "process"),
    "Sweeps": ("sweep",),
    "Tracking": ("tracking",),
    "scikit-learn, Spark and Ray": ("sklearn", "spark", "ray"),
}
REWORDED = {"words.py"}  # files whose functions return error texts: errors of other packages in kvae's words
# Functions whose result is part of a text, as a command to type.
COMMANDS = {"program": lambda: commands.SCRIPT, "installing": commands.installing}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Text:
    """A text that is raised, with names in ‹› in place of values, and the class of the error."""

    text: str
    kind: str


def texts_of(path: Path) -> Iterator[Text]:
    """The texts that a file raises."""
    if "raise " not in path.read_text(encoding="utf-8") and path.name not in REWORDED:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = own_functions(path)
    if path.name in REWORDED:
        for function in functions.values():
            returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value]
            yield from (Text(text, "InputError") for one in returned for text in said(one, function, functions))
    callable_here = imported_functions(tree) | functions
    for function in functions.values():
        for node in ast.walk(function):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            kind = ast.unparse(node.exc.func).rpartition(".")[2]
            if kind in RAISED and node.exc.args:
                for text in said(node.exc.args[0], function, callable_here):
                    yield Text(text, kind)


@cache
def own_functions(path: Path) -> dict[str, Function]:
    """The functions of a file by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, Function)}


def imported_functions(tree: ast.Module) -> dict[str, Function]:
    """The functions that a file imports from other files of the package, by name."""
    found: dict[str, Function] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kvae."):
            path = ROOT / f"{str(node.module).replace('.', '/')}.py"
            theirs = own_functions(path) if path.is_file() else {}
            found |= {name.name: theirs[name.name] for name in node.names if name.name in theirs}
    return found


def warnings_of(path: Path) -> Iterator[str]:
    """The texts of a file's warnings, with names in ‹› in place of values."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)) if "warn" in source else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log.warning", "warnings.warn") and node.args:
            text, *filled = node.args
            if isinstance(text, ast.JoinedStr | ast.Constant):
                plain = "".join(map(part, text.values)) if isinstance(text, ast.JoinedStr) else str(text.value)
                names = iter(map(name_of, filled))
                yield re.sub(r"%[-+.,\d]*[srdfge]", lambda _, names=names: f"‹{next(names, '…')}›", plain)


def said(node: ast.expr, function: Function, functions: dict[str, Function], depth: int = 0) -> list[str]:
    """The possible values of an expression of text; none if they are known only at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        ways = [sentences(value, functions, depth) or [part(value)] for value in node.values]
        return ["".join(way) for way in product(*ways)]
    if isinstance(node, ast.IfExp):
        return said(node.body, function, functions, depth) + said(node.orelse, function, functions, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        ends = said(node.right, function, functions, depth) or ["…"]
        return [begin + end for begin in said(node.left, function, functions, depth) for end in ends]
    if depth > 2:
        return []
    if isinstance(node, ast.Name):
        return [
            text
            for one in ast.walk(function)
            if isinstance(one, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in one.targets)
            for text in said(one.value, function, functions, depth + 1)
        ]
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    if called in functions:
        returned = [one.value for one in ast.walk(functions[called]) if isinstance(one, ast.Return) and one.value]
        return [text for one in returned for text in said(one, functions[called], functions, depth + 1)]
    return []


def sentences(node: ast.expr, functions: dict[str, Function], depth: int) -> list[str]:
    """The possible results of a function that is called in an f-string, if all are as long as a sentence."""
    value = node.value if isinstance(node, ast.FormattedValue) else None
    called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    if value is None or depth > 1 or called not in functions or called in COMMANDS:
        return []
    found = said(value, functions[called], functions, depth + 1)
    return found if all(letters(text) >= 12 for text in found) else []


def part(node: ast.expr) -> str:
    """A part of an f-string: constant text unchanged, and for a value its name in ‹›."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    called = (
        node.value.func.id if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) else ""
    )
    if called in COMMANDS:
        return COMMANDS[called](*map(ast.literal_eval, node.value.args))
    return f"‹{name_of(node.value)}›"


def name_of(node: ast.expr) -> str:
    """The name of a value in one word, or … if it has none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call) and node.args:
        return name_of(node.args[0])
    if isinstance(node, ast.Subscript):
        return name_of(node.value)
    return "…"


def heading_of(path: str) -> str:
    """The heading for the errors of a file; `path` begins below kvae/."""
    for heading, places in ABOUT.items():
        if any(path == place or path.startswith(f"{place}/") for place in places):
            return heading
    raise ValueError(f"{path} has no heading in {Path(__file__).name}")


@cache
def all_texts() -> dict[str, list[Text]]:
    """The texts of the package under their headings."""
    found: dict[str, set[Text]] = {heading: set() for heading in ABOUT}
    for path in files():
        for text in texts_of(path):
            if letters(text.text) >= 12:  # a text that is nearly all values says nothing here
                found[heading_of(path.relative_to(ROOT / "kvae").as_posix())].add(text)
    return {heading: sorted(texts) for heading, texts in found.items() if texts}


def files() -> list[Path]:
    """The files of the package."""
    return sorted((ROOT / "kvae").rglob("*.py"))


def letters(text: str) -> int:
    """The number of letters of a text outside ‹›."""
    return len(re.sub(r"‹[^›]*›|[^a-zA-Z]", "", text))


def item(text: Text) -> str:
    """A text as an item of a list, names of values in italics."""
    return "- " + re.sub(r"‹(.*?)›", r"*‹\1›*", escaped(" ".join(text.text.split())))


@cache
def pages() -> dict[str, str]:
    """The page, by its path on the site."""
    texts = all_texts()
    n = sum(len({one.text for one in found}) for found in texts.values())
    parts = [
        "# Every error text",
        f"The {n} error texts of kvae for mistakes that a user can correct, on the command line and in Python. "
        "Search this page for a part of your message; *‹name›* stands for a value. "
        "[The most frequent errors](../errors.md) are explained on their own page. An error about the value of a "
        "key has the form: *‹key›* must be *‹what is allowed›*. Received: *‹value›*. The allowed values are in "
        "the list of [config keys](keys/index.md). Made from the code.",
    ]
    for heading, found in texts.items():
        parts += [f"## {heading}", "\n".join(dict.fromkeys(map(item, found)))]
    warned = [Text(one.removeprefix("warning: "), "warning") for path in files() for one in warnings_of(path)]
    warned = sorted(one for one in set(warned) if letters(one.text) >= 12)
    parts += ["## Warnings", "After a warning the command continues.", "\n".join(map(item, warned))]
    return {"reference/errors.md": "\n\n".join(parts) + "\n"}
