"""The machines of a run, read from `TF_CONFIG` without TensorFlow."""

import atexit
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kvae.errors import InputError

EXAMPLE = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """The processes of a run on several machines.

    Attributes:
        workers: `host:port` of every worker, the chief first.
        index: The index of this process among them.
    """

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.index == 0


def read_cluster() -> Cluster:
    """The cluster of the environment variable `TF_CONFIG`, in TensorFlow's own form.

    Raises:
        InputError: When the variable is missing or does not describe workers, this one among them.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        raise InputError(
            f"train.strategy=multi_worker needs TF_CONFIG in every worker's environment, as {EXAMPLE}"
        )
    try:
        config = json.loads(text)
        kind, index = config["task"]["type"], int(config["task"]["index"])
        groups = {name: tuple(map(str, config["cluster"].get(name, ()))) for name in ("chief", "worker")}
        workers = groups["chief"] + groups["worker"]
        number = index + (len(groups["chief"]) if kind == "worker" else 0)
        if not 0 <= index < len(groups[kind]):
            raise ValueError(f"task {kind} {index} is not in the cluster")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"TF_CONFIG must be JSON such as {EXAMPLE}. Received: {text[:300]} ({type(error).__name__}: {error})"
        ) from error
    return Cluster(workers, number)


def cluster_of(strategy: str | None) -> Cluster | None:
    """The cluster that a `train.strategy` trains on; None for this machine alone.

    Raises:
        InputError: As `read_cluster`.
    """
    return read_cluster() if strategy == "multi_worker" else None


def scratch_folder() -> Path:
    """A temporary folder for the files of a worker that is not the chief; removed when the process ends."""
    path = Path(tempfile.mkdtemp(prefix="kvae-worker-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
