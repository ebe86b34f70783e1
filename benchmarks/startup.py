"""Waiting times of a user: for `--help`, the composed config, and the first step of training."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "python run.py --help": ["--help"],
    "python run.py --cfg job": ["--cfg", "job"],
    "a mistake in the config": ["model.latent_dim=0"],
    "two iterations on the digits, with everything that is written": ["train.itr=2"],
}


def measure(repeats: int) -> list[tuple[str, float]]:
    """Medians of the wall-clock seconds of whole processes, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(repeats):
            for name, arguments in COMMANDS.items():
                run_dir = f"hydra.run.dir={folder}/{number}_{len(seconds[name])}_{abs(hash(name))}"
                command = [sys.executable, str(ROOT / "run.py"), *arguments, run_dir]
                began = time.perf_counter()
                subprocess.run(command, capture_output=True, cwd=folder, check=False)
                seconds[name].append(time.perf_counter() - began)
            seconds.setdefault("the first step on the digits", []).append(first_step(folder, number))
    return [(name, statistics.median(values)) for name, values in seconds.items()]


def first_step(folder: str, number: int) -> float:
    """Seconds until the first line that training prints, which follows its first iteration."""
    command = [sys.executable, "-u", str(ROOT / "run.py"), "train.itr=1", f"hydra.run.dir={folder}/first{number}"]
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "iteration 1/1" in line:
                seconds = time.perf_counter() - began
                process.communicate()
                return seconds
    raise RuntimeError("the run printed no iteration")
