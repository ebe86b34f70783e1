"""The cost of rows as text: kvae's writer and readers, beside other ways."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.table import markdown

N, COLUMNS = 10_000, 784


def tables(repeats: int) -> str:
    """Processor time of writing and reading reconstructions of 10,000 images of 784 float32 values in [0, 1]."""
    logits = 5.0 * np.random.default_rng(0).normal(size=(N, COLUMNS))
    x = (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(writers(Path(folder), x) | readers(Path(folder)), repeats)
        if not np.array_equal(np.loadtxt(Path(folder) / "x_hat.txt", np.float32), x):
            raise RuntimeError("the text does not read back to the same numbers")
    rows = []
    for way, taken in seconds.items():
        median = statistics.median(taken)
        rows.append([way, f"{median:.3f} s", f"{1e9 * median / x.size:.1f} ns"])
        print("  ".join(rows[-1]), flush=True)
    return markdown(["way", "processor time", "a value"], rows)


def timed(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Processor seconds of all ways, each time in another order, for freed memory slows the next way."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    rng = np.random.default_rng(0)
    for _ in range(repeats):
        for way in rng.permutation(list(ways)):
            began = time.process_time()
            ways[way]()
            seconds[way].append(time.process_time() - began)
    return seconds


def writers(folder: Path, x: np.ndarray) -> dict[str, Callable[[], object]]:
    """Ways to write rows, each to a file of its own; the first makes the text that others copy and read."""
    from kvae.runs import ModuleFolder

    formats = {name: ModuleFolder(folder, name) for name in ("txt", "csv", "npy")}

    def write(name: str) -> Callable[[], object]:
        return lambda: formats[name].write_rows("x_hat", x)

    write("txt")()
    text = (folder / "x_hat.txt").read_bytes()
    return {
        "written by kvae, format=txt": write("txt"),
        "written by kvae, format=csv": write("csv"),
        "written by kvae, format=npy": write("npy"),
        "the bytes of the text alone, written to a file": lambda: (folder / "copy").write_bytes(text),
        "written by numpy.savetxt, fmt='%.9g'": lambda: np.savetxt(folder / "savetxt", x, "%.9g"),
    }


def readers(folder: Path) -> dict[str, Callable[[], object]]:
    """Ways to read them back."""
    from kvae.data.tables import read_table

    return {
        "read by numpy.loadtxt": lambda: np.loadtxt(folder / "x_hat.txt", np.float32),
        "read by data=file, .txt": lambda: read_table(str(folder / "x_hat.txt")),
        "read by data=file, .npy": lambda: np.load(folder / "x_hat.npy"),
    }
