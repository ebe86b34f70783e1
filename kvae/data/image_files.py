"""Which files of a folder are images, their labels, and a word on everything that is left out."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ENDINGS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".dib",
    ".pbm", ".pgm", ".ppm", ".pnm",
)  # fmt: skip
# What systems leave beside a user's files, besides all names that begin with a point.
CLUTTER = ("__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini")
# Kinds of left-out files that a line names one by one.
NAMED = 5


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        files: The images, sorted by their paths.
        others: Files of another kind, by their ending.
        hidden: Hidden files and folders, and what systems leave.
        unread: Folders that may not be read, and links that lead nowhere or round.
    """

    files: list[Path] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> str:
        """What is left out, in words; empty when nothing is."""
        endings = sorted(self.others, key=lambda ending: -len(self.others[ending]))
        parts = [counted(self.others[ending], ending or "without an ending") for ending in endings[:NAMED]]
        rest = sum(len(self.others[ending]) for ending in endings[NAMED:])
        parts += [f"{rest:,} of other endings"] if rest else []
        parts += [counted(self.hidden, "hidden")] if self.hidden else []
        parts += [counted(self.unread, "that cannot be followed")] if self.unread else []
        return ", ".join(parts)

    @property
    def is_clutter(self) -> bool:
        """Whether nothing is left out but what systems leave and users do not see."""
        return not self.others and not self.unread and not any(is_image(name) for name in self.hidden)


def find_images(folder: Path) -> Found:
    """The images in a folder and its subfolders, links to folders included."""
    found = Found()
    seen = {os.path.realpath(folder)}

    def unreadable(error: OSError) -> None:
        found.unread.append(name_in(folder, error.filename))

    for here, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        for name in list(folders):
            path = os.path.join(here, name)
            if is_clutter(name):
                found.hidden.append(name_in(folder, path) + "/")
                folders.remove(name)
            elif is_circular(path, folder, seen):
                found.unread.append(name_in(folder, path))
                folders.remove(name)
        for name in names:
            path = os.path.join(here, name)
            if is_clutter(name):
                found.hidden.append(name_in(folder, path))
            elif not is_image(name):
                found.others.setdefault(os.path.splitext(name)[1].lower(), []).append(name_in(folder, path))
            elif not os.path.isfile(path):  # a link that leads nowhere, a pipe
                found.unread.append(name_in(folder, path))
            else:
                found.files.append(Path(path))
    found.files.sort()
    return found


def labels_of(folder: Path, files: Iterable[Path]) -> list[str]:
    """The subfolder that each file is in, as `a/b`; a point for those that lie loose."""
    return [file.parent.relative_to(folder).as_posix() for file in files]


def loose(labels: list[str]) -> int:
    """How many images lie loose beside subfolders that have labels; 0 where all are loose."""
    counts = Counter(labels)
    return counts["."] if len(counts) > 1 else 0


def is_image(name: str) -> bool:
    """Whether a file's ending is that of an image."""
    return os.path.splitext(name)[1].lower() in ENDINGS


def is_clutter(name: str) -> bool:
    """Whether a file or folder is hidden, or left by a system."""
    return name.startswith(".") or name in CLUTTER


def is_circular(path: str, folder: Path, seen: set[str]) -> bool:
    """Whether a link leads to a folder that holds `folder`, or to one that was met before; notes what it meets."""
    if not os.path.islink(path):
        return False
    real = os.path.realpath(path)
    if real in seen or os.path.commonpath([real, os.path.realpath(folder)]) == real:
        return True
    seen.add(real)
    return False


def name_in(folder: Path, path: str) -> str:
    """A path as it is in the folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


def counted(names: list[str], what: str) -> str:
    """How many, of which kind, and one of them."""
    return f"{len(names):,} {what} ({min(names)}{', ...' if len(names) > 1 else ''})"
