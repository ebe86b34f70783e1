"""Tutorials: Python files with cells, like notebooks, and the pages with the cells and their output.

A cell begins with `# %%`, a cell of text with `# %% [markdown]`; a line `# !command` is a shell command. Editors
and Jupytext open such files as notebooks. In tests, which must take seconds, `# small: VALUE` at the end of an
assignment replaces its value, and `# small: KEYS` at the end of a command adds keys to it.

    python -m generated.tutorials NAME...    # in docs/: run the cells and write the pages
"""

import ast
import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "tutorials"
LINES = 26  # the most lines of output that a page shows
SMALL = re.compile(r"  # small: (.*)$")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
Shell = Callable[[list[str], Path], str]


@dataclass(frozen=True)
class Cell:
    """A cell: its kind (`markdown`, `python` or `sh`), and its text without markers."""

    kind: str
    text: str


def cells_of(path: Path) -> list[Cell]:
    """The cells of a tutorial."""
    found = []
    for piece in re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, _, body = piece.partition("\n")
        lines = body.strip("\n").splitlines()
        if "[markdown]" in head:
            found.append(Cell("markdown", "\n".join(re.sub(r"^# ?", "", line) for line in lines)))
        elif all(line.startswith("# !") for line in lines):
            found.append(Cell("sh", "\n".join(line.removeprefix("# !") for line in lines)))
        else:
            found.append(Cell("python", "\n".join(lines)))
    return found


def as_shown(cell: Cell) -> str:
    """A cell as the page shows it, without the settings of tests."""
    return "\n".join(SMALL.sub("", line).rstrip() for line in cell.text.splitlines())


def as_tested(cell: Cell) -> str:
    """A cell as a test runs it."""
    lines = []
    for line in cell.text.splitlines():
        small = SMALL.search(line)
        bare = SMALL.sub("", line)
        if small and cell.kind == "sh":
            bare = f"{bare} {small[1]}"
        elif small:
            bare = f"{bare.partition(' = ')[0]} = {small[1]}"
        lines.append(bare)
    return "\n".join(lines)


def run(
    cells: list[Cell], folder: Path, shell: Shell, small: bool = False, keep: Callable[[int], None] | None = None
) -> list[str]:
    """Run the cells one after the other in `folder`; returns the output of each, empty for a cell of text.

    Args:
        cells: The cells of a tutorial.
        folder: The working folder of the cells.
        shell: Runs a command, given as words, in a folder and returns its output; raises if the command fails.
        small: Whether to use the settings of tests.
        keep: Called with the index of every cell of text, after the cells above it have run.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    with contextlib.chdir(folder):
        for number, cell in enumerate(cells):
            if keep is not None and cell.kind == "markdown":
                keep(number)
            text = as_tested(cell) if small else as_shown(cell)
            if cell.kind == "sh":
                printed.append("".join(shell(shlex.split(line), folder) for line in text.splitlines()))
            else:
                printed.append(printed_by(text, names) if cell.kind == "python" else "")
    return printed


def printed_by(text: str, names: dict[str, Any]) -> str:
    """The output of Python code, and the value of its last line if that is an expression."""
    tree = ast.parse(text)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "<tutorial>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<tutorial>", "eval"), names)
            if value is not None:
                print(repr(value) if not hasattr(value, "to_string") else value)
    return out.getvalue()


def typed(words: list[str], folder: Path) -> str:
    """Run a command in `folder` and return its output; `run.py` means that of this repository."""
    here = [str(ROOT / "run.py") if word == "run.py" else word for word in words]
    here = [sys.executable if word == "python" else word for word in here]
    done = subprocess.run(here, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def shortened(text: str) -> str:
    """Output as a page shows it: at most `LINES` lines, more of its end than of its beginning."""
    lines = [line.rstrip() for line in text.replace("\r", "\n").strip("\n").splitlines()]
    if len(lines) > LINES:
        lines = [*lines[:6], "...", *lines[-(LINES - 7) :]]
    return "\n".join(lines)


def page_of(name: str, cells: list[Cell], printed: list[str]) -> str:
    """The page: text with its pictures, code, and output."""
    parts = []
    for number, (cell, text) in enumerate(zip(cells, printed, strict=True)):
        if cell.kind == "markdown":
            parts.append(
                PICTURE.sub(lambda found, n=number: f"![{found[1]}]({kept(name, n, found[2])})", cell.text)
            )
        else:
            parts.append(f"```{cell.kind}\n{as_shown(cell)}\n```")
        if text.strip():
            parts.append(f"```text\n{shortened(text)}\n```")
    parts.append(f"The whole tutorial as a file: [{name}.py]({name}.py).")
    return "\n\n".join(parts) + "\n"


def kept(name: str, number: int, pattern: str) -> str:
    """The path, beside the page, of a picture that a cell names by a pattern below the folder of its runs."""
    return f"pictures/{name}_{number}_{Path(pattern).name.replace('*', '')}"


def keep_pictures(name: str, cells: list[Cell], folder: Path, number: int) -> None:
    """Copy the pictures that a cell of text names: for each pattern the newest file."""
    for found in PICTURE.finditer(cells[number].text):
        newest = max(folder.glob(found[2]), key=lambda path: path.stat().st_mtime)
        place = FOLDER / kept(name, number, found[2])
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(newest, place)


def record(name: str) -> None:
    """Run a tutorial and write its page."""
    cells = cells_of(FOLDER / f"{name}.py")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        printed = run(cells, folder, typed, keep=lambda number: keep_pictures(name, cells, folder, number))
    (FOLDER / f"{name}.md").write_text(page_of(name, cells, printed), encoding="utf-8")


if __name__ == "__main__":
    for one in sys.argv[1:]:
        record(one)
