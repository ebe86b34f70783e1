"""Which files of a folder are images, their labels, and a message about the files that are left out."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ENDINGS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".dib",
    ".pbm", ".pgm", ".ppm", ".pnm",
)  # fmt: skip
# Files that operating systems add; all names that begin with a point count as such too.
CLUTTER = ("__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini")
# Endings of left-out files that the message names one by one.
NAMED = 5


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        files: The images, sorted by their paths.
        others: Files of another kind, by their ending.
        hidden: Hidden files and folders, and those that operating systems add.
        unread: Folders without permission to read, and links that are broken or circular.
    """

    files: list[Path] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> str:
        """The files that are left out, for a message; empty when there are none."""
        endings = sorted(self.others, key=lambda ending: -len(self.others[ending]))
        parts = [counted(self.others[ending], ending or "without an ending") for ending in endings[:NAMED]]
        rest = sum(len(self.others[ending]) for ending in endings[NAMED:])
        parts += [f"{rest:,} of other endings"] if rest else []
        parts += [counted(self.hidden, "hidden")] if self.hidden else []
        parts += [counted(self.unread, "that cannot be followed")] if self.unread else []
        return ", ".join(parts)

    @property
    def is_clutter(self) -> bool:
        """Whether only hidden files that are no images are left out."""
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
    """The subfolder of each file, such as `a/b`; `.` for files directly in `folder`."""
    return [file.parent.relative_to(folder).as_posix() for file in files]


def loose(labels: list[str]) -> int:
    """How many images are directly in the folder while others are in subfolders; 0 without subfolders."""
    counts = Counter(labels)
    return counts["."] if len(counts) > 1 else 0


def is_image(name: str) -> bool:
    """Whether a file's ending is that of an image."""
    return os.path.splitext(name)[1].lower() in ENDINGS


def is_clutter(name: str) -> bool:
    """Whether a file or folder is hidden, or added by an operating system."""
    return name.startswith(".") or name in CLUTTER


def is_circular(path: str, folder: Path, seen: set[str]) -> bool:
    """Whether a link leads to a folder that contains `folder`, or to one in `seen`; adds its target to `seen`."""
    if not os.path.islink(path):
        return False
    real = os.path.realpath(path)
    if real in seen or os.path.commonpath([real, os.path.realpath(folder)]) == real:
        return True
    seen.add(real)
    return False


def name_in(folder: Path, path: str) -> str:
    """A path relative to the folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


def counted(names: list[str], what: str) -> str:
    """The number of files, their kind `what`, and the name of one of them."""
    return f"{len(names):,} {what} ({min(names)}{', ...' if len(names) > 1 else ''})"
