"""Tutorials: Python files with cells, as notebooks in text, and the pages with what the cells print.

A cell begins with `# %%`, one of text with `# %% [markdown]`; a line `# !command` is typed in a shell. Editors and
Jupytext open such files as notebooks. `# small: VALUE` at the end of an assignment, and `# small: KEYS` at the end
of a command, say what a test takes instead, or types besides, so that it takes seconds.

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
LINES = 26  # of output that a page shows
SMALL = re.compile(r"  # small: (.*)$")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
Shell = Callable[[list[str], Path], str]


@dataclass(frozen=True)
class Cell:
    """A cell: `markdown`, `python` or `sh`, and its lines without what marks them."""

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
    """A cell as the page shows it: without what a test takes."""
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
    """What every cell prints, run one after the other in `folder`; of text, nothing.

    Args:
        cells: Those of a tutorial.
        folder: Where files are written.
        shell: Runs the words of a command in a folder and gives what it printed; it raises where that fails.
        small: Whether the settings of tests are taken.
        keep: Is told the number of every cell of text, when what stands above it has run.
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
    """What Python code prints, and the value of its last line if that is an expression."""
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
    """Run a command as it is typed; `run.py` is that of this repository."""
    here = [str(ROOT / "run.py") if word == "run.py" else word for word in words]
    here = [sys.executable if word == "python" else word for word in here]
    done = subprocess.run(here, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def shortened(text: str) -> str:
    """Output as a page shows it: so many lines at most, those at the end rather than at the beginning."""
    lines = [line.rstrip() for line in text.replace("\r", "\n").strip("\n").splitlines()]
    if len(lines) > LINES:
        lines = [*lines[:6], "...", *lines[-(LINES - 7) :]]
    return "\n".join(lines)


def page_of(name: str, cells: list[Cell], printed: list[str]) -> str:
    """The page: text with its pictures, code, and what was printed."""
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
    """Where a page has the picture that a cell names by its place in the folder of runs."""
    return f"pictures/{name}_{number}_{Path(pattern).name.replace('*', '')}"


def keep_pictures(name: str, cells: list[Cell], folder: Path, number: int) -> None:
    """Copy the pictures that a cell of text names: the newest that its pattern finds."""
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
