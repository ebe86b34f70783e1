"""The run folder: its names, its writes, and what a run was made with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kvae.runs.files import PART, read_json, read_yaml, whole_file, write_json
from kvae.runs.forms import dictionary_of, flag, mapping, number, optional, record, text, whole
from kvae.runs.lock import NAME as LOCK
from kvae.runs.module_folder import ModuleFolder, previous
from kvae.runs.origin import git_commit, versions
from kvae.runs.pictures import write_picture
from kvae.runs.plain import is_plain, open_plain, real
from kvae.runs.rows import Beside

# Files that say of a folder what it is.
METRICS, RECORD, JOB = "metrics.json", "run.json", "job.json"
# Files of a run that stay small however large its data is.
SMALL = (
    METRICS,
    "meanings.json",
    "evaluate.json",
    "report.html",
    RECORD,
    "run.log",
    "columns.*",
    ".hydra/*",
    "*.png",
    "module*/*.png",
    "module*/*loss.txt",
    "module*/export.json",
    "module*/rounds.txt",
)
# The folder in which MLflow keeps its copies of a run's files.
COPIES = "artifacts"


# What the JSON files of a run hold; see `kvae.runs.forms`.
GROUPS = ("data", "model", "prior", "network", "kl", "train", "mode", "tracking", "metric")
MEASURED = dictionary_of(number, 10_000)
MEANINGS = dictionary_of(
    record({"title": text, "text": text, "unit": text, "better": text, "rank": whole, "mean": flag}), 10_000
)
CONFIG = record({}, dict.fromkeys(GROUPS, optional(mapping)))
RUN = record({"config": CONFIG}, {"versions": dictionary_of(text), "git_commit": optional(text)})


class RunFolder:
    """A folder `outputs/<name>/<mode>/<time>/`; one that has `metrics.json` is a finished run.

    Attributes:
        beside: What stands beside rows that are written as `.csv`: their numbers or ids, and labels.
    """

    def __init__(self, path: str | Path, file_format: str = "txt"):
        self.path = real(Path(path))
        self.format = file_format
        self.beside: Beside = {}

    def module(self, number: int, name: str) -> ModuleFolder:
        return self.module_called(f"module{number:03d}_{name}")

    def module_called(self, name: str) -> ModuleFolder:
        """The folder of a module by its own name, such as `module001_vae`."""
        return ModuleFolder(self.path / name, self.format, self.beside)

    @property
    def vae(self) -> ModuleFolder:
        return self.module(1, "vae")

    def modules(self) -> list[ModuleFolder]:
        """The folders of the modules that there are, by their numbers."""
        paths = sorted(self.path.glob("module[0-9][0-9][0-9]_*"))
        return [self.module_called(path.name) for path in paths if path.is_dir()]

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def mlflow_run(self) -> Path:
        """Where the id of the run's record in MLflow is kept."""
        return self.path / "mlflow.json"

    @property
    def metrics(self) -> Path:
        """What was measured; the last file of a run."""
        return self.path / METRICS

    @property
    def record(self) -> Path:
        """What the run was made with."""
        return self.path / RECORD

    @property
    def overrides(self) -> Path:
        """What was typed for the run, as Hydra notes it."""
        return self.path / ".hydra" / "overrides.yaml"

    @property
    def job(self) -> Path:
        """What the job of a sweep is, and how it ended; see `kvae.sweep`."""
        return self.path / JOB

    def archive(self, name: str) -> Path:
        """The archive of mode=compress, called as the run is: `vae.kvae`."""
        return self.path / f"{name.replace('/', '_')}.kvae"

    @property
    def restored(self) -> Path:
        """What mode=decompress restores, without the ending, which says what kind of file came in."""
        return self.path / "x_decompress"

    def write_row_numbers(self, name: str, numbers: np.ndarray) -> None:
        """Write numbers of rows, a line each, to `name.txt`."""
        with whole_file(self.path / f"{name}.txt") as part:
            part.write_text("".join(f"{number}\n" for number in numbers.tolist()), encoding="utf-8")

    @property
    def report(self) -> Path:
        """The page that shows the run; see `kvae.report`."""
        return self.path / "report.html"

    def pictures(self) -> list[Path]:
        """The pictures that the run wrote."""
        found = [*self.path.glob("*.png"), *self.path.glob("module*/*.png")]
        return sorted(path for path in found if is_plain(path))

    def write_figure(self, name: str, draw: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Write a figure of the data itself, which no module drew, to `name.png`; see `write_picture`."""
        write_picture(self.path / f"{name}.png", draw, *arguments, **options)

    def files(self, small: bool) -> list[Path]:
        """What a record of the run may hold copies of: all its files, or the small ones that people look at."""
        patterns = SMALL if small else ("**/*",)
        found = {path for pattern in patterns for path in self.path.glob(pattern) if is_plain(path)}
        own = {self.mlflow_run, self.path / LOCK, *self.tensorboard.rglob("*")}
        return sorted(path for path in found - own if not path.name.startswith(PART))

    @property
    def finished(self) -> bool:
        return is_plain(self.metrics)

    def read_metrics(self) -> dict[str, float]:
        """What was measured.

        Raises:
            InputError: When the file is missing, or holds anything but numbers by name.
        """
        return read_json(self.metrics, MEASURED)

    @property
    def meanings(self) -> Path:
        """What those metrics mean that are not kvae's own; only a run that has some writes it."""
        return self.path / "meanings.json"

    def read_meanings(self) -> dict[str, dict[str, Any]]:
        """What `write_meanings` wrote; empty of a run that has none.

        Raises:
            InputError: When the file is damaged.
        """
        return read_json(self.meanings, MEANINGS) if is_plain(self.meanings) else {}

    def write_meanings(self, meanings: dict[str, dict[str, Any]]) -> None:
        """Write what metrics mean, if there are any to be explained; see `kvae.metrics.Meaning`."""
        if meanings:
            write_json(self.meanings, meanings)

    def write_metrics(self, metrics: dict[str, float]) -> None:
        """Write `metrics.json`: the last file of a run."""
        write_json(self.metrics, metrics)

    def write_evaluation(self, values: dict[str, Any]) -> None:
        """Write `evaluate.json`: the metrics, and what is known per latent dimension."""
        write_json(self.path / "evaluate.json", values)

    def reopen(self) -> None:
        """Make a finished run unfinished, before its results change."""
        for path in (self.metrics, self.meanings, self.report):
            path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the states before the last, which a run that is trained to its end no longer needs."""
        for module in self.modules():
            for path in (module.checkpoint, module.state):
                previous(path).unlink(missing_ok=True)

    def read_config(self) -> dict[str, Any]:
        """The config that the run was made with, as plain values.

        Raises:
            InputError: When the run holds none.
        """
        return self.read_run()["config"]

    def read_run(self) -> dict[str, Any]:
        """What `write_run` wrote: `config`, `versions` and `git_commit`.

        Raises:
            InputError: When the run holds no config.
        """
        return read_json(self.record, RUN)

    @property
    def begun(self) -> float | None:
        """When `write_run` noted what runs here, in seconds since the epoch; None of no run."""
        path = self.record
        return path.stat().st_mtime if is_plain(path) else None

    def read_overrides(self) -> list[str] | None:
        """What was typed after `python run.py`, as it was typed; None of a run that Hydra did not start."""
        typed = read_yaml(self.overrides)
        if not isinstance(typed, list):
            return None
        return [str(override) for override in typed if isinstance(override, str | int | float)]

    def read_config_dirs(self) -> list[str]:
        """The folders of configs that were named with `--config-dir` when the run was typed."""
        hydra = read_yaml(self.path / ".hydra" / "hydra.yaml")
        for key in ("hydra", "runtime", "config_sources"):
            hydra = hydra.get(key) if isinstance(hydra, dict) else None
        sources = hydra if isinstance(hydra, list) else []
        return [
            str(one.get("path"))
            for one in sources
            if isinstance(one, dict) and one.get("provider") == "command-line"
        ]

    def read_run_log(self, n: int) -> list[str]:
        """The last `n` lines of what the run said."""
        try:
            with open_plain(self.path / "run.log") as file:
                file.seek(max(0, file.seek(0, 2) - 300 * n))
                return file.read(300 * n).decode("utf-8", errors="replace").splitlines()[-n:]
        except (OSError, ValueError):
            return []

    def write_run(self, config: dict[str, Any]) -> None:
        """Write `run.json`: the config, the versions and the git commit of what runs."""
        write_json(self.record, {"config": config, "versions": versions(), "git_commit": git_commit()})
