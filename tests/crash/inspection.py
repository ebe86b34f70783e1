"""What a run folder must be at any instant: every file in it whole."""

import json
import zipfile

import numpy as np
from PIL import Image

from kvae.runs.npy import open_npz

LEFT_BY_A_KILL = ".part-"


def torn_files(folder):
    """Names of the files in a run folder that cannot be read to their end, with why; not the temporary ones."""
    torn = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith(LEFT_BY_A_KILL) or ".hydra" in path.parts:
            continue
        try:
            read(path)
        except Exception as error:
            torn[path.relative_to(folder).as_posix()] = repr(error)
    return torn


def read(path):
    """Read a file of a run to its end."""
    if path.suffix == ".json":
        json.loads(path.read_text())
    elif path.suffix == ".npz":
        with open_npz(path) as arrays:
            for name in arrays.names:
                arrays[name]
    elif path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
    elif path.suffix == ".png":
        with Image.open(path) as image:
            image.load()
    elif path.suffix == ".html":
        assert path.read_text(encoding="utf-8").endswith("</html>\n")
    elif path.suffix == ".txt":
        assert path.read_text().endswith("\n")
        np.loadtxt(path)
    elif path.suffix == ".npy":
        np.load(path, allow_pickle=False)


def temporary_files(folder):
    """What a kill left half written."""
    return [path.name for path in folder.rglob("*") if path.name.startswith(LEFT_BY_A_KILL)]
