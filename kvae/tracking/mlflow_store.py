"""Connecting to an MLflow store and its experiment, without MLflow's messages and telemetry."""

import contextlib
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from kvae.errors import InputError
from kvae.process.commands import installing
from kvae.process.quiet import quiet_loggers
from kvae.tracking.reasons import why, without_password

# Environment variables, unless the user has set them. By default MLflow reports its use over the network, prints
# addresses, and repeats a failed request for minutes, during which training waits.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
TALKATIVE = ("mlflow", "alembic", "sqlalchemy", "urllib3")
DATABASE = re.compile(r"(sqlite|postgresql|mysql|mssql)(\+\w+)?:")


@dataclass(frozen=True)
class Store:
    """A store that has answered.

    Attributes:
        client: An `mlflow.MlflowClient`.
        uri: Its address, without a password.
        experiment_id: The id of the experiment.
    """

    client: Any
    uri: str
    experiment_id: str


def open_store(uri: str | None, experiment: str, outputs: str | Path) -> Store:
    """A store with an experiment, both created if they do not exist.

    Args:
        uri: The address of the store, or None; see `tracking_uri`.
        experiment: The name of the experiment.
        outputs: The folder of all run folders.

    Raises:
        InputError: When MLflow is not installed, or the store does not answer.
    """
    uri = tracking_uri(uri, outputs)
    with answering(uri), one_at_a_time(uri):
        from mlflow import MlflowClient

        if DATABASE.match(uri):
            try_database(uri)
        client = MlflowClient(tracking_uri=uri)
        return Store(client, without_password(uri), experiment_id(client, experiment, outputs, uri))


def tracking_uri(given: str | None, outputs: str | Path) -> str:
    """The `given` address (`tracking.uri`), else MLFLOW_TRACKING_URI, else a database file under `outputs`."""
    given = given or os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{Path(outputs).absolute() / 'mlflow.db'}"


@contextlib.contextmanager
def answering(uri: str) -> Iterator[None]:
    """A block that uses the store at `uri`, without MLflow's messages.

    Raises:
        InputError: When the store does not answer, or refuses.
    """
    try:
        with quiet():
            yield
    except InputError:
        raise
    except ImportError as error:
        raise InputError(
            f"tracking=mlflow cannot use {without_password(uri)}: {why(error)}. MLflow's own parts come with "
            f"{installing('tracking')}; drivers of databases other than SQLite do not"
        ) from error
    except Exception as error:
        raise InputError(
            f"tracking=mlflow cannot record in {without_password(uri)}: {why(error)}. "
            "Start the server there, or type tracking.uri=URI for another, or tracking=none"
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress log messages and warnings of MLflow and its libraries; failures are raised as errors."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401  (sets the levels of its loggers)

        with quiet_loggers(*TALKATIVE):
            yield


@contextlib.contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Let only one process at a time create the tables of a database file: jobs of a sweep start together."""
    path = uri.removeprefix("sqlite:///")
    if path == uri:
        yield
        return
    Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock", timeout=120):
        yield


def try_database(uri: str) -> None:
    """Raise if a database does not answer: MLflow itself would try for two minutes first."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(uri)
    try:
        sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def experiment_id(client: Any, name: str, outputs: str | Path, uri: str) -> str:
    """The id of an experiment, which is created if it does not exist.

    Raises:
        InputError: When it was deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        # A server chooses the folder of artifacts itself; for a database, MLflow would use ./mlruns.
        copies = (Path(outputs).absolute() / "mlflow").as_uri() if DATABASE.match(uri) else None
        with contextlib.suppress(Exception):  # another job has created it, or the next lines raise
            return client.create_experiment(name, artifact_location=copies)
        found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage == "deleted":
        raise InputError(
            f"tracking.experiment={name} was deleted in {without_password(uri)}. Type another name, or restore "
            "it: mlflow experiments restore --help"
        )
    return found.experiment_id
