"""The list of errors: every text that is raised for a user's mistake, found in the code, by what it is about."""

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

# What people can mend: the command line prints InputError alone, and Python raises all of them.
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
# Headings, and the folders and files whose errors stand under each; the first that fits.
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
REWORDED = {"words.py"}
# What is filled in with what to type.
COMMANDS = {"program": lambda: commands.SCRIPT, "installing": commands.installing}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Text:
    """A text that is raised: what it says, with names in ‹› for what is filled in, and the kind of error."""

    text: str
    kind: str


def texts_of(path: Path) -> Iterator[Text]:
    """The texts that a file raises."""
    if "raise " not in path.read_text(encoding="utf-8") and path.name not in REWORDED:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = own_functions(path)
    if path.name in REWORDED:  # what others say in kvae's words
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
    """The functions that a file takes from other files of the package, by the name they have there."""
    found: dict[str, Function] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kvae."):
            path = ROOT / f"{str(node.module).replace('.', '/')}.py"
            theirs = own_functions(path) if path.is_file() else {}
            found |= {name.name: theirs[name.name] for name in node.names if name.name in theirs}
    return found


def warnings_of(path: Path) -> Iterator[str]:
    """What a file warns of, with names in ‹› for what is filled in."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)) if "warn" in source else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log.warning", "warnings.warn") and node.args:
            text, *filled = node.args
            if isinstance(text, ast.JoinedStr | ast.Constant):
                plain = "".join(map(part, text.values)) if isinstance(text, ast.JoinedStr) else str(text.value)
                names = iter(map(name_of, filled))
                yield re.sub(r"%[-+.,\d]*[srdfge]", lambda _, names=names: f"‹{next(names, '…')}›", plain)


def said(node: ast.expr, function: Function, functions: dict[str, Function], depth: int = 0) -> list[str]:
    """What an expression of text can say; nothing where that is known only when it happens."""
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
    """What a function that is called in an f-string can say, where that is as long as a sentence."""
    value = node.value if isinstance(node, ast.FormattedValue) else None
    called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    if value is None or depth > 1 or called not in functions or called in COMMANDS:
        return []
    found = said(value, functions[called], functions, depth + 1)
    return found if all(letters(text) >= 12 for text in found) else []


def part(node: ast.expr) -> str:
    """A part of an f-string: text as it is, and for a value its name."""
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
    """What a value is called, as far as one word tells."""
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
    """The heading under which the errors of a file stand; `path` begins below kvae/."""
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
            if letters(text.text) >= 12:  # what is all but filled in says nothing here
                found[heading_of(path.relative_to(ROOT / "kvae").as_posix())].add(text)
    return {heading: sorted(texts) for heading, texts in found.items() if texts}


def files() -> list[Path]:
    """The files of the package."""
    return sorted((ROOT / "kvae").rglob("*.py"))


def letters(text: str) -> int:
    """How many letters of a text are its own."""
    return len(re.sub(r"‹[^›]*›|[^a-zA-Z]", "", text))


def item(text: Text) -> str:
    """A text as an item of a list, filled-in names in italics."""
    return "- " + re.sub(r"‹(.*?)›", r"*‹\1›*", escaped(" ".join(text.text.split())))


@cache
def pages() -> dict[str, str]:
    """The page, by its place on the site."""
    texts = all_texts()
    n = sum(len({one.text for one in found}) for found in texts.values())
    parts = [
        "# Every error text",
        f"The {n} texts that kvae raises for what a user can mend, from the command line and from Python, found "
        "in the code. *‹name›* stands for what is filled in. Each says what is allowed and what to type; "
        "[the first that people meet](../errors.md) have a page of their own, and the range of every key stands "
        "with the [config keys](keys/index.md): *‹key›* must be *‹what is allowed›*. Received: *‹value›*.",
    ]
    for heading, found in texts.items():
        parts += [f"## {heading}", "\n".join(dict.fromkeys(map(item, found)))]
    warned = [Text(one.removeprefix("warning: "), "warning") for path in files() for one in warnings_of(path)]
    warned = sorted(one for one in set(warned) if letters(one.text) >= 12)
    parts += ["## Warnings", "After which the command goes on.", "\n".join(map(item, warned))]
    return {"reference/errors.md": "\n\n".join(parts) + "\n"}
