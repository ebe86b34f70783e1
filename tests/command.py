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
FORKS = sys.platform.startswith("linux")


def cold(cwd, *arguments, **environment):
    """Run `python run.py ARGUMENTS` in `cwd`, from the start of Python on, with further variables if any."""
    pipes = {"capture_output": True, "text": True, "timeout": SECONDS}
    return subprocess.run(
        [sys.executable, str(RUN), *arguments], cwd=cwd, env={**os.environ, **environment}, **pipes
    )


def kvae(cwd, *arguments):
    """Run `python run.py ARGUMENTS` in `cwd`, in a fork of a process that has imported TensorFlow already.

    To import it takes longer than most of what tests run. Sweeps, whose processes Hydra's launchers start, are run
    from the start of Python on, and so is everything where processes are not forked.
    """
    if not FORKS or {"-m", "--multirun"} & set(arguments):
        return cold(cwd, *arguments)
    process = Fork(cwd, arguments)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def start(cwd, *arguments, **environment):
    """Start what `kvae` runs, with further variables in its environment; what comes is used as a `Popen` is."""
    if FORKS:
        return Fork(cwd, arguments, environment)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [sys.executable, str(RUN), *arguments], cwd=cwd, env={**os.environ, **environment}, **pipes
    )


class Fork:
    """A process of `kvae` and `start`."""

    def __init__(self, cwd, arguments, environment=()):
        self.arguments, self.returncode, self.folder = arguments, None, tempfile.TemporaryDirectory()
        self.printed = [Path(self.folder.name) / name for name in ("stdout", "stderr")]
        for path in self.printed:
            path.touch()
        stdout, stderr = map(str, self.printed)
        command = {"script": str(RUN), "arguments": list(map(str, arguments)), "cwd": str(Path(cwd).absolute())}
        environment = {**os.environ, **dict(environment)}
        self.pid = warm().ask({**command, "environment": environment, "stdout": stdout, "stderr": stderr}, SECONDS)

    def send_signal(self, number):
        os.kill(self.pid, number)

    def communicate(self, timeout=SECONDS):
        """Wait for the end; what was printed on standard output and standard error."""
        self.returncode = warm().ask({"wait": self.pid}, timeout)
        if self.returncode is None:
            self.kill()
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        with self.folder:
            return tuple(path.read_text() for path in self.printed)

    def kill(self):
        """End it if it was not seen to end."""
        if self.returncode is None:
            os.killpg(self.pid, signal.SIGKILL)


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

    def ask(self, command, timeout):
        """What it answers, a number; None, and its end, where it takes longer than `timeout` seconds."""
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                warm.cache_clear()
                os.killpg(self.process.pid, signal.SIGKILL)
                return None
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
