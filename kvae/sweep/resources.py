"""The resources of one of several jobs on a machine: its share of the processors, and a GPU of its own."""

import contextlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

# The variables in which libraries find how many threads they may start.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")


@contextlib.contextmanager
def environment_of(
    launcher: dict[str, Any], number: int, strategy: str | None, device: str | None
) -> Iterator[dict[str, str]]:
    """The environment variables that limit job `number` to its share of the machine, for a block.

    Args:
        launcher: The config of the launcher.
        number: The number of the job.
        strategy: The job's `train.strategy`.
        device: The job's `train.device`.
    """
    threads = share_of_threads(launcher)
    one_at_a_time = launcher["_target_"].endswith("BasicLauncher")
    if one_at_a_time or strategy is not None or device not in (None, "gpu"):
        yield threads
        return
    with own_gpu(number) as gpu:
        yield threads | gpu


def n_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_of_threads(launcher: dict[str, Any]) -> dict[str, str]:
    """Environment variables that limit a job to its share of the threads, by the config of its launcher.

    A launcher that runs one job at a time sets no limit. Variables that the user has set are kept.
    """
    share = launcher.get("cpus_per_task")
    if "ray" in launcher:
        share = (launcher["ray"].get("remote") or {}).get("num_cpus", 1)
    n_jobs = launcher.get("n_jobs")
    if n_jobs:
        at_once = n_jobs if n_jobs > 0 else n_processors() + 1 + n_jobs
        share = n_processors() // max(1, at_once)
    if share is None:
        return {}
    return {name: os.environ.get(name, str(max(1, int(share)))) for name in THREADS}


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as named in CUDA_VISIBLE_DEVICES; opens none of them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [gpu for gpu in named.split(",") if gpu and gpu != "-1"]
    try:
        found = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(i) for i, line in enumerate(found.splitlines()) if line.startswith("GPU ")]


@contextlib.contextmanager
def own_gpu(number: int, locks: Path | None = None) -> Iterator[dict[str, str]]:
    """The environment variables that show a job only one GPU, for a block: a GPU that no other job has locked.

    If all are locked, job `number` shares GPU `number` modulo their count. Without a GPU there are no variables.

    Args:
        number: The job's number.
        locks: The folder of the locks, shared by all sweeps of this user on this machine; None: the temporary one.
    """
    gpus = visible_gpus()
    for gpu in gpus:
        try:
            lock = FileLock((locks or Path(tempfile.gettempdir())) / f"kvae-{os.getuid()}-gpu-{gpu}.lock")
            lock.acquire(blocking=False)
        except Timeout:
            continue
        except OSError as error:  # another user made a file of that name, or there is no temporary folder
            log.warning(
                "warning: %s cannot be held (%s): jobs share the GPUs in turn. Set TMPDIR to a folder of your own",
                error.filename or "the lock of a GPU",
                error.strerror or error,
            )
            break
        try:
            yield {"CUDA_VISIBLE_DEVICES": gpu}
        finally:
            lock.release()
        return
    yield {"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {}
