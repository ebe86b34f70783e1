"""The facts that a report shows, gathered from the run folder; other files turn them into HTML."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kvae.errors import InputError
from kvae.metrics import Meaning, column_metric, meaning_of, objective_in
from kvae.metrics.meaning import kept_in
from kvae.options.quoting import as_typed, key_of, shell
from kvae.process.commands import program
from kvae.report.explored import Explored, explored_in
from kvae.report.pictures import Picture, pictures_of
from kvae.runs import RunFolder, content_of, flat, select
from kvae.runs.columns_seen import read_columns_seen
from kvae.runs.files import read_json, relative
from kvae.runs.forms import mapping
from kvae.runs.lock import is_held
from kvae.runs.reading_rows import CLUSTERS
from kvae.table import TableSpec

LOG_LINES = 60


@dataclass(frozen=True)
class File:
    """A file of a run: its path in the run folder, its bytes (None if not written yet), and its description."""

    name: str
    size: int | None
    content: str


@dataclass(frozen=True)
class Facts:
    """A run, for its report.

    Attributes:
        state: `finished`, `running` or `interrupted`.
        folder: The run folder as one would type it.
        begun: When it was begun, in words; None if that is not known.
        metrics: The metrics; empty for a run that is not finished.
        objective: The metric by which the run is judged; empty if the run does not have it.
        config: The composed config.
        overrides: The typed overrides; None for a run that Hydra did not start.
        config_dirs: The folders that were given as `--config-dir`.
        versions, git_commit: The versions of packages, and the commit of the code.
        log: The last lines of the log.
        columns: Names of the columns of the learnt table; empty for other data.
        meanings: The meanings of metrics that are not kvae's own.
        kinds: Kind and likelihood of every column of a table of mixed kinds, by its name.
        clusters: Column names and rows, as text, of the file of clusters; empty without clusters.
        columns_seen: The columns that mode=inspect described; empty for other modes.
        explored: What the explorer shows; None without an explorer.
    """

    state: str
    folder: str
    begun: str | None
    metrics: dict[str, float]
    objective: str
    config: dict[str, Any]
    overrides: list[str] | None
    config_dirs: list[str]
    versions: dict[str, str]
    git_commit: str | None
    log: list[str]
    pictures: list[Picture]
    files: list[File]
    columns: list[str] = field(default_factory=list)
    meanings: dict[str, Meaning] = field(default_factory=dict)
    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)
    clusters: tuple[list[str], list[list[str]]] = field(default_factory=lambda: ([], []))
    columns_seen: list[dict[str, Any]] = field(default_factory=list)
    explored: Explored | None = None

    def meaning(self, name: str) -> Meaning:
        """The meaning of a metric of this run."""
        return meaning_of(name, self.meanings)

    def is_of_column(self, name: str) -> bool:
        """Whether a metric belongs to a single column of this run's table."""
        found = column_metric(name)
        return found is not None and (found[1] in self.kinds or not self.kinds) and self.is_of_table

    @property
    def is_of_table(self) -> bool:
        """Whether the data is a table of mixed kinds."""
        return bool(self.kinds) or select(self.config, "data.name") == "table"

    @property
    def name(self) -> str:
        return str(self.config.get("name") or Path(self.folder).name)

    @property
    def mode(self) -> str:
        return str(select(self.config, "mode.name") or "run")

    @property
    def command(self) -> str | None:
        """The command that repeats the run; None if it is not known."""
        if self.overrides is None:
            return None
        typed = [*(f"--config-dir={path}" for path in self.config_dirs), *map(as_typed, self.overrides)]
        return " ".join([program(), *map(shell, typed)])

    @property
    def going_on(self) -> str:
        """The command that resumes the run."""
        return f"{program()} {shell(f'resume={self.folder}')}"

    @property
    def warnings(self) -> list[str]:
        """The warnings and errors in the last lines of the log."""
        found = (line.partition(" WARNING ")[2] or line.partition(" ERROR ")[2] for line in self.log)
        return [text for text in found if text]

    def is_set(self, key: str) -> bool:
        """Whether a dotted key was set on the command line, and not only by files under `conf/`."""
        keys = {key_of(override).replace("/", ".") for override in self.overrides or []}
        return any(key == one or (key.startswith(f"{one}.") and one not in self.config) for one in keys)

    @property
    def other_options(self) -> list[str]:
        """Typed overrides that are no keys of the config, such as `experiment=digits`, which sets several."""
        keys = {name: key_of(name).partition("@")[0].replace("/", ".") for name in self.overrides or []}
        return [name for name, key in keys.items() if key.partition(".")[0] not in self.config]

    def options(self, group: str) -> list[str]:
        """Typed overrides that choose an option of a group, such as `model=tiny`."""
        return [override for override in self.overrides or [] if key_of(override).partition("@")[0] == group]


def gather(folder: RunFolder, metrics: Mapping[str, float] | None = None) -> Facts:
    """The facts of a run; `metrics` are given for a run whose `metrics.json` is not written yet.

    Raises:
        InputError: When the folder is not that of a run, or its files are damaged.
    """
    if not folder.path.is_dir():
        raise InputError(f"{folder.path} is no folder (looked in {Path.cwd()}). Give the folder of a run")
    if folder.begun is None:
        raise InputError(
            f"{folder.path} is no run folder: it holds no run.json. "
            "Give a folder such as outputs/<name>/<mode>/<time>"
        )
    if metrics is None and folder.finished:
        metrics = folder.read_metrics()
    run = folder.read_run()
    config, versions = run["config"], run.get("versions")
    spec = spec_of(folder)
    objective = objective_in(metrics or {}, str(config.get("objective")))[0]
    return Facts(
        state="finished" if metrics is not None else "running" if is_held(folder.path) else "interrupted",
        folder=relative(folder.path),
        begun=in_words(folder.begun),
        metrics=dict(metrics or {}),
        objective=objective if objective in (metrics or {}) else "",
        config=config,
        overrides=folder.read_overrides(),
        config_dirs=folder.read_config_dirs(),
        versions=versions if isinstance(versions, dict) else {},
        git_commit=None if run.get("git_commit") is None else str(run["git_commit"]),
        log=folder.read_run_log(LOG_LINES),
        pictures=pictures_of(folder),
        files=files_of(folder, finished=metrics is not None),
        columns=columns_of(spec),
        kinds=kinds_of(spec),
        clusters=clusters_of(folder),
        meanings=kept_in(folder.read_meanings()),
        columns_seen=read_columns_seen(folder),
        explored=explored_in(folder),
    )


def spec_of(folder: RunFolder) -> dict[str, Any]:
    """The `input.json` of a run, as plain values; empty if it cannot be read."""
    with contextlib.suppress(InputError):
        return mapping(read_json(folder.vae.input_spec), "")
    return {}


def columns_of(spec: dict[str, Any]) -> list[str]:
    """Names of the columns that a run learnt; empty if they are not known."""
    names = spec.get("columns")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def kinds_of(spec: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Kind and likelihood of every column of a table of mixed kinds, by its name."""
    try:
        table = TableSpec.from_json(spec["table"])
    except (KeyError, ValueError):
        return {}
    return {one.name: (one.kind, str(one.likelihood["name"])) for one in table.columns}


def clusters_of(folder: RunFolder) -> tuple[list[str], list[list[str]]]:
    """The file of clusters of the first module that has one: column names, and rows as text."""
    for module in folder.modules():
        for mode in ("learn", "recog"):
            with contextlib.suppress(InputError):
                names, rows = module.read_table(f"{CLUSTERS}_{mode}")
                if rows:
                    return names, rows
    return [], []


def in_words(seconds: float) -> str | None:
    """A time in words; None for a time that the calendar does not have, as unpacked files may have."""
    try:
        time = datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{time.day} {time:%B %Y, %H:%M}"


def files_of(folder: RunFolder, finished: bool) -> list[File]:
    """The files of a run except the report; first those directly in the run folder."""
    paths = [path for path in folder.files(small=False) if path != folder.report]
    if finished and folder.metrics not in paths:
        paths.append(folder.metrics)
    paths.sort(key=lambda path: (len(path.relative_to(folder.path).parts), path))
    return [
        File(name.as_posix(), size_of(path), content_of(name))
        for path, name in ((path, path.relative_to(folder.path)) for path in paths)
    ]


def size_of(path: Path) -> int | None:
    """Bytes of a file; None if there is no such file, as while a run writes."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def groups_of(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The config as groups of dotted keys; keys outside groups come first, under an empty name."""
    groups: dict[str, dict[str, Any]] = {"": {}}
    for key, value in config.items():
        if isinstance(value, dict):
            groups[key] = flat(value, key)
        else:
            groups[""][key] = value
    return {name: keys for name, keys in groups.items() if keys}
