"""The run folder: its names, its writes, and finding a learnt run again. Nobody else knows its file names."""

import contextlib
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kvae.errors import InputError
from kvae.files import PART, read_json, whole_file, write_json
from kvae.lock import NAME as LOCK

PACKAGES = ("kvae-experiments", "keras", "tensorflow", "numpy", "hydra-core", "scikit-learn")
MANY_NUMBERS = 10_000_000
# Files of a run that stay small however large its data is.
SMALL = (
    "metrics.json",
    "run.json",
    "run.log",
    ".hydra/*",
    "module*/*.png",
    "module*/*loss.txt",
    "module*/rounds.txt",
)
# The folder in which MLflow keeps its copies of a run's files.
COPIES = "artifacts"


def previous(path: Path) -> Path:
    """Where the state before the last is kept: `model.ckpt.previous.npz`."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def time_spent(path: Path) -> Path:
    """Where the time that training took is kept, beside the state in `path`: it alone differs from run to run."""
    return path.with_name("seconds.json")


class ModuleFolder:
    """What one module of a run writes: `module001_vae/`."""

    def __init__(self, path: Path, file_format: str = "txt"):
        self.path = path
        self.format = file_format

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def checkpoint(self) -> Path:
        return self.path / "model.ckpt.npz"

    @property
    def mixture(self) -> Path:
        return self.path / "model.npz"

    @property
    def counts(self) -> Path:
        """Counts of classes by labels, by which recognition in shards is measured."""
        return self.path / "counts_recog.npz"

    @property
    def is_begun(self) -> bool:
        """Whether there is a checkpoint; between two renames there may be only the one before the last."""
        return self.checkpoint.is_file() or previous(self.checkpoint).is_file()

    @property
    def input_spec(self) -> Path:
        return self.path / "input.json"

    def write_rows(self, name: str, array: np.ndarray) -> Path:
        """Write `array` with a row per observation, flattened, to `name.txt` or `name.npy`."""
        with self.rows_writer(name, len(array), math.prod(array.shape[1:])) as write:
            write(array)
        return self.path / f"{name}.{self.format}"

    @contextlib.contextmanager
    def rows_writer(self, name: str, n: int, columns: int) -> Iterator[Callable[[np.ndarray], None]]:
        """A function that appends rows to `name.txt` or `name.npy`, which appears when all `n` are written."""
        with whole_file(self.path / f"{name}.{self.format}") as part, part.open("wb") as file:
            begun = False

            def write(rows: np.ndarray) -> None:
                nonlocal begun
                table = np.ascontiguousarray(rows.reshape(len(rows), columns))
                if self.format == "npy" and not begun:
                    header = {"descr": table.dtype.str, "fortran_order": False, "shape": (n, columns)}
                    np.lib.format.write_array_header_1_0(file, header)
                begun = True
                if self.format == "npy":
                    file.write(table.data)
                else:
                    write_text_table(file, table)

            yield write

    def write_log(self, name: str, rows: list[dict[str, float]], columns: list[str], exact: bool = False) -> None:
        """Write a row per logged iteration to `name.txt`, under a `#` header: eight digits, or all that matter."""
        lines = [
            " ".join([f"{row[columns[0]]:.0f}", *(written(row[column], exact) for column in columns[1:])])
            for row in rows
        ]
        with whole_file(self.path / f"{name}.txt") as part:
            part.write_text("\n".join([f"# {' '.join(columns)}", *lines, ""]), encoding="utf-8")

    def read_log(self, name: str) -> list[dict[str, float]]:
        """The rows that `write_log` wrote to `name.txt`.

        Raises:
            InputError: When the file is missing or damaged.
        """
        path = self.path / f"{name}.txt"
        try:
            columns = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split()
            table = np.loadtxt(path, ndmin=2)
            return [dict(zip(columns, row.tolist(), strict=True)) for row in table]
        except (OSError, ValueError, IndexError) as error:
            raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error

    def copy_to(self, other: "ModuleFolder", name: str) -> None:
        """Copy a picture, if there is one, to the folder of a run that goes on elsewhere."""
        source, target = self.path / f"{name}.png", other.path / f"{name}.png"
        if source.is_file() and source.resolve() != target.resolve():
            with whole_file(target) as part:
                shutil.copyfile(source, part)

    def write_arrays(self, path: Path, **arrays: Any) -> None:
        """Write named arrays to an `.npz`, whole or not at all; the one before is kept as `previous(path)`."""
        with whole_file(path, previous(path)) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def write_figure(self, name: str, figure: Any) -> Path:
        """Write a matplotlib figure to `name.png`."""
        path = self.path / f"{name}.png"
        with whole_file(path) as part:
            figure.savefig(part, dpi=120)
        return path


def written(value: float, exact: bool) -> str:
    """A number of a log."""
    return repr(float(value)) if exact else f"{value:.8g}"


def write_text_table(file: BinaryIO, table: np.ndarray) -> None:
    """Numbers in the shortest form that reads back to the same float, with spaces between."""
    import polars as pl

    for start in range(0, len(table), 10_000):
        frame = pl.DataFrame(table[start : start + 10_000], orient="row")
        frame.write_csv(file, separator=" ", include_header=False)


class RunFolder:
    """A folder `outputs/<name>/<mode>/<time>/`; one that has `metrics.json` is a finished run."""

    def __init__(self, path: str | Path, file_format: str = "txt"):
        self.path = Path(path)
        self.format = file_format

    def module(self, number: int, name: str) -> ModuleFolder:
        return ModuleFolder(self.path / f"module{number:03d}_{name}", self.format)

    @property
    def vae(self) -> ModuleFolder:
        return self.module(1, "vae")

    @property
    def gmm(self) -> ModuleFolder:
        return self.module(2, "gmm")

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def mlflow_run(self) -> Path:
        """Where the id of the run's record in MLflow is kept."""
        return self.path / "mlflow.json"

    def pictures(self) -> list[Path]:
        """The pictures that the run wrote."""
        return sorted(self.path.glob("module*/*.png"))

    def files(self, small: bool) -> list[Path]:
        """What a record of the run may hold copies of: all its files, or the small ones that people look at."""
        patterns = SMALL if small else ("**/*",)
        found = {path for pattern in patterns for path in self.path.glob(pattern) if path.is_file()}
        own = {self.mlflow_run, self.path / LOCK, *self.tensorboard.rglob("*")}
        return sorted(path for path in found - own if not path.name.startswith(PART))

    @property
    def finished(self) -> bool:
        return (self.path / "metrics.json").is_file()

    def read_metrics(self) -> dict[str, float]:
        return read_json(self.path / "metrics.json")

    def write_metrics(self, metrics: dict[str, float]) -> None:
        """Write `metrics.json`: the last file of a run."""
        write_json(self.path / "metrics.json", metrics)

    def reopen(self) -> None:
        """Make a finished run unfinished, before its results change."""
        (self.path / "metrics.json").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the states before the last, which a run that is trained to its end no longer needs."""
        for path in (self.vae.checkpoint, self.gmm.mixture):
            previous(path).unlink(missing_ok=True)

    def read_config(self) -> dict[str, Any]:
        """The config that the run was made with, as plain values.

        Raises:
            InputError: When the run holds none.
        """
        run = read_json(self.path / "run.json")
        config = run.get("config") if isinstance(run, dict) else None
        if not isinstance(config, dict):
            raise InputError(f"{self.path / 'run.json'} is missing or damaged: it holds no config")
        return config

    def write_run(self, config: dict[str, Any]) -> None:
        """Write `run.json`: the config, the versions and the git commit of what runs."""
        write_json(self.path / "run.json", {"config": config, "versions": versions(), "git_commit": git_commit()})


def versions() -> dict[str, str]:
    """Versions of the packages that shape a result."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def git_commit() -> str | None:
    """Commit of the code that runs, with `-dirty` after it when it was changed; None outside a repository."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def learnt_runs(outputs: str | Path) -> list[RunFolder]:
    """Finished learnt runs anywhere under `outputs`, the newest first."""
    finished = []
    for metrics in Path(outputs).glob("**/metrics.json"):
        run = RunFolder(metrics.parent)
        if run.path.name == COPIES:
            continue
        with contextlib.suppress(InputError):
            if select(run.read_config(), "mode.name") == "learn" and run.vae.model.is_file():
                finished.append((metrics.stat().st_mtime, str(run.path), run))
    return [run for _, _, run in sorted(finished, key=lambda found: found[:2], reverse=True)]


def differences(config: dict[str, Any], other: dict[str, Any], keys: list[str]) -> list[str]:
    """Where two configs differ in dotted `keys` (a group, or a key), one text per difference."""
    texts = []
    for key in keys:
        ours, theirs = flat(select(config, key), key), flat(select(other, key), key)
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                texts.append(f"{name}={theirs.get(name)} (there) {ours.get(name)} (here)")
    return texts


def select(config: dict[str, Any], key: str) -> Any:
    """The value under a dotted key; None where there is none."""
    for part in key.split("."):
        config = config.get(part) if isinstance(config, dict) else None  # type: ignore[assignment]
    return config


def flat(value: Any, key: str) -> dict[str, Any]:
    """Nested dictionaries as one of dotted keys."""
    if not isinstance(value, dict):
        return {key: value}
    return {name: leaf for part, inner in value.items() for name, leaf in flat(inner, f"{key}.{part}").items()}


def find_learnt_run(config: dict[str, Any], outputs: str | Path) -> RunFolder:
    """The newest finished learnt run whose model and kind of data are those of `config`.

    Raises:
        InputError: When there is none, with the runs there are and how they differ.
    """
    runs = learnt_runs(outputs)
    texts = []
    for run in runs:
        differs = differences(
            config, run.read_config(), ["data.name", "data.shape", "model", "prior.name", "prior.n_components"]
        )
        if not differs:
            return run
        texts.append(f"{run.path}: {', '.join(differs)}")
    if not texts:
        raise InputError(
            f"no finished learnt run under outputs={outputs}. Learn one first: type the same with mode=learn"
        )
    shown = "\n  ".join(texts[:5]) + (f"\n  and {len(texts) - 5} more" if len(texts) > 5 else "")
    raise InputError(
        "no learnt run has this model and data. Type the keys that it was learnt with, or mode.run=FOLDER. "
        f"There are, the newest first:\n  {shown}"
    )
