"""The code blocks of the pages for people: where they stand, their language, and the commands in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block of a page; `line` is that of its fence."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"


def blocks_of(page):
    """The fenced blocks of a page, in its order."""
    whole = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT).as_posix()
    for found in FENCE.finditer(whole):
        text = re.sub(f"^{found['indent']}", "", found["text"], flags=re.M)
        yield Block(name, whole.count("\n", 0, found.start()) + 1, found["language"].strip(), text)


def outside_blocks(page):
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


@dataclass(frozen=True)
class Command:
    """A command of a block: its words, and the variables that are set before it."""

    block: Block
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()

    def __str__(self):
        return f"{self.block} {shlex.join(self.words)[:60]}"


def commands_of(block):
    """The commands of a block of `sh`, with what its own variables hold in their place."""
    held = {}
    for line in block.text.replace("\\\n", " ").splitlines():
        for part in re.split(r" && |; ", line.strip("()")):
            words = shlex.split(with_variables(part, held), comments=True)
            own = []
            while words and (setting := re.fullmatch(r"([A-Z_]+)=(.*)", words[0])):
                own.append((setting[1], setting[2]))
                words.pop(0)
            if words:
                yield Command(block, tuple(words), tuple(own))
            else:
                held |= dict(own)


def with_variables(part, held):
    """A part of a line in which the variables of the block stand for what they hold."""
    return re.sub(r"\$(\w+)", lambda name: held.get(name[1], name[0]), part)


COMMANDS = [command for block in BLOCKS if block.language == "sh" for command in commands_of(block)]
