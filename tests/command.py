"""`python run.py` as tests call it: in a process of its own, in a folder of its own."""

import functools
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "run.py"


TINY = ["model=tiny", "data.limit=200", "train.itr=40", "train.log_every=10"]


SECONDS = 300


def cold(cwd, *arguments):
    """Run `python run.py ARGUMENTS` in `cwd`, from the start of Python on."""
    return subprocess.run(
        [sys.executable, str(RUN), *arguments], cwd=cwd, capture_output=True, text=True, timeout=SECONDS
    )


def kvae(cwd, *arguments):
    """Run `python run.py ARGUMENTS` in `cwd`, in a fork of a process that has imported TensorFlow already.

    To import it takes longer than most of what tests run. Sweeps, whose processes Hydra's launchers start, are run
    from the start of Python on, and so is everything where processes are not forked.
    """
    if not sys.platform.startswith("linux") or {"-m", "--multirun"} & set(arguments):
        return cold(cwd, *arguments)
    with tempfile.TemporaryDirectory() as folder:
        printed = [Path(folder) / name for name in ("stdout", "stderr")]
        for path in printed:
            path.touch()
        stdout, stderr = map(str, printed)
        command = {"script": str(RUN), "arguments": list(map(str, arguments)), "cwd": str(Path(cwd).absolute())}
        status = warm().ask({**command, "environment": dict(os.environ), "stdout": stdout, "stderr": stderr})
        return subprocess.CompletedProcess(arguments, status, *(path.read_text() for path in printed))


@functools.cache
def warm():
    """The process that forks, one for all tests of a worker; it ends when its standard input does."""
    return Warm()


class Warm:
    def __init__(self):
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
        command = [sys.executable, str(Path(__file__).with_name("warm.py"))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment, start_new_session=True, **pipes)

    def ask(self, command):
        """Run a command; its exit status."""
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(SECONDS):
                warm.cache_clear()
                os.killpg(self.process.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(command["arguments"], SECONDS)
        return int(self.process.stdout.readline())


def uncompiled(cwd, *arguments):
    """`kvae` without XLA, whose compilation takes longer than all that such short runs do."""
    return kvae(cwd, *arguments, "train.jit_compile=false")


def run_folder(result, cwd):
    """The run folder that a successful run names in its last line."""
    assert result.returncode == 0, result.stderr
    return cwd / result.stdout.strip().splitlines()[-1].removeprefix("run folder: ")


def results_of(folder):
    """The bytes of every file of a run that two runs with one config have in common; of metrics, all but times.

    The report is left out: it shows those times and the size of the log, and else what the other files hold.
    """
    own = ("run.log", "report.html", ".hydra/hydra.yaml", "module001_vae/seconds.json")
    times = {"seconds", "observations_per_second"}
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in own:
            found[name] = path.read_bytes()
    metrics = json.loads(found["metrics.json"])
    return found | {"metrics.json": {key: metrics[key] for key in metrics.keys() - times}}


def files_of(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
