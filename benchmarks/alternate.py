"""Peers measured in turn, several times, so that a slow minute of the machine affects all of them."""

import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.task import Task


@dataclass(frozen=True)
class Measured:
    """Medians of one peer: observations per second, and the peak of its memory in MiB."""

    peer: str
    observations_per_second: float
    slowest: float
    fastest: float
    peak_mib: float


def alternate(peers: list[str], task: Task, repeats: int) -> tuple[list[Measured], dict[str, str]]:
    """Measure every peer `repeats` times, in turn; also returns what is missing for peers that cannot run."""
    processes: dict[str, subprocess.Popen] = {}
    missing: dict[str, str] = {}
    speeds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    try:
        for peer in peers:
            process = start(peer, task)
            said = listen(process)
            if "ready" in said:
                processes[peer] = process
            else:
                missing[peer] = said.get("missing") or said["error"]
                stop(process)
        for _ in range(repeats):
            for peer, process in processes.items():
                ask(process)
                said = listen(process)
                speeds.setdefault(peer, []).append(said["observations"] / said["seconds"])
                memory[peer] = said["peak_mib"]
    finally:
        for process in processes.values():
            stop(process)
    medians = [Measured(p, statistics.median(s), min(s), max(s), memory[p]) for p, s in speeds.items()]
    return medians, missing


def start(peer: str, task: Task) -> subprocess.Popen:
    """Start the process of a peer."""
    command = [sys.executable, "-m", "benchmarks.worker", peer, json.dumps(asdict(task))]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ask(process: subprocess.Popen) -> None:
    """Ask a process for one measurement."""
    assert process.stdin is not None
    process.stdin.write("measure\n")
    process.stdin.flush()


def listen(process: subprocess.Popen) -> dict[str, Any]:
    """The next answer of a process; other lines that it prints are skipped."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    return {"error": f"it ended with status {process.wait()}"}


def stop(process: subprocess.Popen) -> None:
    """End a process that was started here."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=60)
