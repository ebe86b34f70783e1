"""Reaching an MLflow store: which one, without noise or telemetry, and in which experiment."""

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

# What MLflow does unless it is told otherwise, or the user tells it: report its use over the network; print
# addresses; repeat a request for minutes while training waits. Strings, as the environment holds them.
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
    """A store that answered.

    Attributes:
        client: An `mlflow.MlflowClient`.
        uri: Where it is, without a password.
        experiment_id: Of the experiment.
    """

    client: Any
    uri: str
    experiment_id: str


def open_store(uri: str | None, experiment: str, outputs: str | Path) -> Store:
    """A store with an experiment, both made if need be.

    Args:
        uri: Where the store is; see `tracking_uri`.
        experiment: The name.
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
    """What is `given`, `tracking.uri`, else MLflow's own variable, else a database file under `outputs`."""
    given = given or os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{Path(outputs).absolute() / 'mlflow.db'}"


@contextlib.contextmanager
def answering(uri: str) -> Iterator[None]:
    """A block that talks to the store at `uri`, quietly.

    Raises:
        InputError: When it does not answer, or refuses.
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
    """Hold back what MLflow and the libraries under it log and warn of; failures are raised, and said once."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401  (gives its loggers their levels)

        with quiet_loggers(*TALKATIVE):
            yield


@contextlib.contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Let one process at a time make the tables of a database file: the jobs of a sweep begin together."""
    path = uri.removeprefix("sqlite:///")
    if path == uri:
        yield
        return
    Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock", timeout=120):
        yield


def try_database(uri: str) -> None:
    """Raise when a database does not answer: MLflow itself tries for two minutes before it says so."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(uri)
    try:
        sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def experiment_id(client: Any, name: str, outputs: str | Path, uri: str) -> str:
    """The id of an experiment, which is made if need be.

    Raises:
        InputError: When it was deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        # A server chooses the place of artifacts itself; a database would put them into ./mlruns.
        copies = (Path(outputs).absolute() / "mlflow").as_uri() if DATABASE.match(uri) else None
        with contextlib.suppress(Exception):  # another job was quicker; what is wrong otherwise shows next
            return client.create_experiment(name, artifact_location=copies)
        found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage == "deleted":
        raise InputError(
            f"tracking.experiment={name} was deleted in {without_password(uri)}. Type another name, or restore "
            "it: mlflow experiments restore --help"
        )
    return found.experiment_id
