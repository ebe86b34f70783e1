"""`tracking=mlflow`: a run in MLflow for each run of kvae, and a parent run for a sweep."""

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from kvae.errors import InputError
from kvae.options.rules import NULL, Name, one_of
from kvae.options.rules import text as words
from kvae.runs import RunFolder, git_commit
from kvae.runs.files import read_json, write_json
from kvae.runs.forms import record, text
from kvae.tracking.about import About
from kvae.tracking.mlflow_store import Store, answering, open_store, quiet
from kvae.tracking.options import TrackingConfig
from kvae.tracking.parameters import parameters
from kvae.tracking.recorder import Point, Recorder

# The environment variable by which a sweep passes the id of its own run to its jobs.
PARENT = "KVAE_MLFLOW_PARENT"
# MLflow's limits: entities in one request, and characters of names and values (tags in older servers: 5000).
MAX_METRICS, MAX_PARAMS = 1000, 100
MAX_NAME, MAX_PARAM, MAX_TAG = 250, 6000, 5000
FOLDER = "kvae.folder"  # the tag with the run folder
REASON = "kvae.reason"  # the tag with the reason why a run failed or was interrupted
RECORD = record({"run_id": text})  # the file in a run folder with the id of its run in MLflow
_parents: dict[str, Store] = {}


@dataclass(frozen=True, kw_only=True)
class Options(TrackingConfig):
    """The keys of `tracking=mlflow`."""

    name: Name = "mlflow"
    uri: Annotated[str | None, words("http://127.0.0.1:5000") | NULL] = None
    experiment: Annotated[str | None, words("vae") | NULL] = None
    artifacts: Annotated[str, one_of("small", "all")] = "small"

    LIBRARY: ClassVar[str | None] = "MLflow"


def open_tracker(options: Options, about: About) -> Recorder:
    """The tracker that records a run in MLflow."""
    return Recorder(MLflow(options, about))


def begin_parent(options: Options, about: About, name: str, run_id: str | None = None) -> str:
    """Start or resume the run of a sweep, the parent of its jobs' runs; returns its id.

    Jobs receive the id in the environment variable `PARENT`.

    Args:
        options: The keys of the group.
        about: The description of the sweep.
        name: The run's name.
        run_id: For a resumed sweep, the id of its run.

    Raises:
        InputError: When the store does not answer.
    """
    store = store_of(options, about)
    with answering(store.uri):
        if run_id is None:
            run_id = store.client.create_run(store.experiment_id, run_name=name, tags=tags()).info.run_id
        else:
            store.client.update_run(run_id, status="RUNNING")
    _parents[run_id] = store
    return run_id


def end_parent(run_id: str, failed: bool, files: Sequence[Path] = ()) -> None:
    """End the run that `begin_parent` started in this process, with copies of `files`.

    Raises:
        InputError: When the store does not answer.
    """
    store = _parents.pop(run_id)
    with answering(store.uri):
        for file in files:
            store.client.log_artifact(run_id, str(file))
        store.client.set_terminated(run_id, "FAILED" if failed else "FINISHED")


class MLflow:
    """A sink that records a run in MLflow.

    Curves are metrics `training/<column>` by iteration, final metrics have the names of `metrics.json`. The run
    folder keeps the id of the run in MLflow, so that a resumed run continues the same record.

    Raises:
        InputError: When the store does not answer.
    """

    def __init__(self, options: Options, about: About) -> None:
        self.options, self.about = options, about
        self.store = store_of(options, about)
        self.place = f"MLflow at {self.store.uri}"
        self.client = self.store.client
        self.run_id = ""

    def begin(self, folder: RunFolder) -> dict[str, int]:
        given = texts(self.about.keys)
        with answering(self.store.uri):
            run = self.begun(folder)
            if run is None:
                run = self.created(folder)
            self.run_id = run.info.run_id
            self.log_params({name: value for name, value in given.items() if name not in run.data.params})
            # MLflow never changes a parameter.
            for name, value in given.items():
                if run.data.params.get(name, value) != value:
                    self.client.set_tag(self.run_id, f"resumed.{name}"[:MAX_NAME], value[:MAX_TAG])
            steps = self.last_steps(run)
        write_json(folder.mlflow_run, {"run_id": self.run_id})
        return steps

    def begun(self, folder: RunFolder) -> Any:
        """The run of this store that was begun for a folder, set to running; None without one."""
        if not os.path.lexists(folder.mlflow_run):
            return None
        try:
            run_id = read_json(folder.mlflow_run, RECORD)["run_id"]
        except InputError as error:
            raise InputError(f"{error}. Delete it for a new run in MLflow") from error
        run = self.found(run_id)
        if run is None or run.info.lifecycle_stage == "deleted" or FOLDER not in run.data.tags:  # not kvae's
            return None
        self.client.update_run(run_id, status="RUNNING")
        if REASON in run.data.tags:
            self.client.delete_tag(run_id, REASON)
        return run

    def found(self, run_id: str) -> Any:
        """The run with an id; None if the store has no such run."""
        from mlflow.exceptions import MlflowException

        try:
            return self.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def created(self, folder: RunFolder) -> Any:
        """A new run; for a job of a sweep, a child of the sweep's run."""
        parent = os.environ.get(PARENT)
        more = {FOLDER: str(folder.path.absolute()), **({"mlflow.parentRunId": parent} if parent else {})}
        name = run_name(self.about, folder)
        return self.client.create_run(self.store.experiment_id, run_name=name, tags=tags() | more)

    def last_steps(self, run: Any) -> dict[str, int]:
        curves = [name for name in run.data.metrics if "/" in name]
        histories = {name: self.client.get_metric_history(self.run_id, name) for name in curves}
        return {name: max(metric.step for metric in history) for name, history in histories.items()}

    def log_params(self, values: dict[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(name, value) for name, value in values.items()]
        for part in parts(params, MAX_PARAMS):
            self.client.log_batch(self.run_id, params=part, synchronous=True)

    def write(self, points: list[Point]) -> None:
        from mlflow.entities import Metric

        metrics = [Metric(valid(p.name), p.value, int(p.time * 1000), p.step) for p in points]
        with quiet():
            for part in parts(metrics, MAX_METRICS):
                self.client.log_batch(self.run_id, metrics=part, synchronous=True)

    def finish(self, metrics: Mapping[str, float], step: int, folder: RunFolder) -> None:
        self.write([Point(name, float(value), step, time.time()) for name, value in metrics.items()])
        with quiet():
            for path in folder.files(self.options.artifacts == "small"):
                inside = path.relative_to(folder.path).parent
                self.client.log_artifact(self.run_id, str(path), None if inside == Path() else inside.as_posix())
            self.client.set_terminated(self.run_id, "FINISHED")

    def fail(self, reason: str, interrupted: bool) -> None:
        with quiet():
            self.client.set_tag(self.run_id, REASON, reason[:MAX_TAG] or "unknown")
            self.client.set_terminated(self.run_id, "KILLED" if interrupted else "FAILED")


def store_of(options: Options, about: About) -> Store:
    """The store that the keys name, with the experiment of a run or sweep.

    Raises:
        InputError: When the store does not answer.
    """
    return open_store(options.uri, options.experiment or about.name, about.outputs)


def tags() -> dict[str, str]:
    """The tags that MLflow usually sets itself, but cannot through this interface."""
    commit = git_commit()
    found = {
        "mlflow.source.name": "run.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.user": os.environ.get("USER", ""),
    }
    return {name: value for name, value in (found | {"mlflow.source.git.commit": commit or ""}).items() if value}


def run_name(about: About, folder: RunFolder) -> str:
    """The name of a run in MLflow's table: `learn/<time>`, in a sweep followed by the job's number."""
    root = Path(about.outputs, about.name).absolute()
    path = folder.path.absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def texts(keys: dict[str, Any]) -> dict[str, str]:
    """The parameters in MLflow's form: text of bounded length, under names that MLflow accepts."""
    found = {}
    for name, value in parameters(keys).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found[shortened(valid(name), MAX_NAME)] = shortened(text, MAX_PARAM)
    return found


def valid(name: str) -> str:
    """A name with `_` for the characters that MLflow does not accept."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def shortened(text: str, length: int) -> str:
    """Text of at most `length` characters; cut text ends in `...`."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values in pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))
