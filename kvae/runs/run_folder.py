"""The run folder: its file names, its writes, and the config and versions of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kvae.runs.files import PART, read_json, read_yaml, whole_file, write_json
from kvae.runs.lock import NAME as LOCK
from kvae.runs.module_folder import ModuleFolder, previous
from kvae.runs.origin import git_commit, versions
from kvae.runs.pictures import write_picture
from kvae.runs.plain import is_plain, open_plain, real
from kvae.runs.rows import Beside
from kvae.runs.run_forms import MEANINGS, MEASURED, RUN, LearntFile

# Files by which a folder is recognised as a finished run, a run, or a job of a sweep.
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


class RunFolder:
    """A folder `outputs/<name>/<mode>/<time>/`; one that has `metrics.json` is a finished run.

    Attributes:
        beside: Columns that precede the values in a `.csv`: row numbers or ids, and labels.
    """

    def __init__(self, path: str | Path, file_format: str = "txt"):
        self.path = real(Path(path))
        self.format = file_format
        self.beside: Beside = {}

    def module(self, number: int, name: str) -> ModuleFolder:
        return self.module_called(f"module{number:03d}_{name}")

    def module_called(self, name: str) -> ModuleFolder:
        """The folder of a module by the folder's name, such as `module001_vae`."""
        return ModuleFolder(self.path / name, self.format, self.beside)

    @property
    def vae(self) -> ModuleFolder:
        return self.module(1, "vae")

    def modules(self) -> list[ModuleFolder]:
        """The existing folders of modules, in the order of their numbers."""
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
        """The config, versions and git commit of the run."""
        return self.path / RECORD

    @property
    def overrides(self) -> Path:
        """The overrides of the run, which Hydra writes."""
        return self.path / ".hydra" / "overrides.yaml"

    @property
    def job(self) -> Path:
        """The record of a sweep's job: its overrides, and how it ended; see `kvae.sweep`."""
        return self.path / JOB

    def archive(self, name: str) -> Path:
        """The archive of mode=compress, called as the run is: `vae.kvae`."""
        return self.path / f"{name.replace('/', '_')}.kvae"

    @property
    def restored(self) -> Path:
        """What mode=decompress restores, without the suffix, which is that of the original kind of file."""
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
        """Write a figure that belongs to no module to `name.png`; see `write_picture`."""
        write_picture(self.path / f"{name}.png", draw, *arguments, **options)

    def files(self, small: bool) -> list[Path]:
        """The files that a tracker may copy: all, or only the small ones that people look at."""
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
        """Descriptions of the metrics that are not kvae's own; written only where there are some."""
        return self.path / "meanings.json"

    def read_meanings(self) -> dict[str, dict[str, Any]]:
        """What `write_meanings` wrote; empty for a run without the file.

        Raises:
            InputError: When the file is damaged.
        """
        return read_json(self.meanings, MEANINGS) if is_plain(self.meanings) else {}

    def write_meanings(self, meanings: dict[str, dict[str, Any]]) -> None:
        """Write the meanings of metrics, if there are any; see `kvae.metrics.Meaning`."""
        if meanings:
            write_json(self.meanings, meanings)

    def write_metrics(self, metrics: dict[str, float]) -> None:
        """Write `metrics.json`: the last file of a run."""
        write_json(self.metrics, metrics)

    def write_evaluation(self, values: dict[str, Any]) -> None:
        """Write `evaluate.json`: the metrics, and the values per latent dimension."""
        write_json(self.path / "evaluate.json", values)

    def reopen(self, results: str = "(?!)") -> None:
        """Delete the files that mark a run as finished, and earlier `results` of modules, before they change.

        `results` is a pattern of whole file names; by default none.
        """
        for path in (self.metrics, self.meanings, self.report):
            path.unlink(missing_ok=True)
        for module in self.modules():
            module.forget(results)

    def tidy(self) -> None:
        """Remove the last states but one, which a finished run does not need."""
        for module in self.modules():
            for path in (module.checkpoint, module.state):
                previous(path).unlink(missing_ok=True)

    def read_config(self) -> dict[str, Any]:
        """The config of the run, as plain values.

        Raises:
            InputError: When the run has none.
        """
        return self.read_run()["config"]

    def read_run(self) -> dict[str, Any]:
        """What `write_run` wrote: `config`, `versions`, `git_commit` and, of a run that learnt, `data`.

        Raises:
            InputError: When the run has no config.
        """
        return read_json(self.record, RUN)

    @property
    def begun(self) -> float | None:
        """When `write_run` wrote its file, in seconds since 1970 (UTC); None without that file."""
        path = self.record
        return path.stat().st_mtime if is_plain(path) else None

    def read_overrides(self) -> list[str] | None:
        """The overrides after `python run.py`, as typed; None for a run that Hydra did not start."""
        typed = read_yaml(self.overrides)
        if not isinstance(typed, list):
            return None
        return [str(override) for override in typed if isinstance(override, str | int | float)]

    def read_config_dirs(self) -> list[str]:
        """The folders that were given as `--config-dir` on the command line of the run."""
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
        """The last `n` lines of `run.log`; empty if it cannot be read."""
        try:
            with open_plain(self.path / "run.log") as file:
                file.seek(max(0, file.seek(0, 2) - 300 * n))
                return file.read(300 * n).decode("utf-8", errors="replace").splitlines()[-n:]
        except (OSError, ValueError):
            return []

    def write_run(self, config: dict[str, Any], data: LearntFile | None = None) -> None:
        """Write `run.json`: the config, the versions of packages, the git commit, and of which file it learns."""
        learnt = {} if data is None else {"data": data}
        write_json(self.record, {"config": config, "versions": versions(), "git_commit": git_commit()} | learnt)
