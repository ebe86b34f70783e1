"""The folder of the repository, and code in Markdown, for all modules that make pages."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def code(text: str) -> str:
    """Text as inline code, also if it contains a backtick."""
    ticks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text}{space}{ticks}"
