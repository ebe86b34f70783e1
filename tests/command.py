"""`python run.py` as tests call it: in a process of its own, in a folder of its own."""

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "run.py"


TINY = ["model=tiny", "data.limit=200", "train.itr=40", "train.log_every=10"]


def kvae(cwd, *arguments):
    """Run `python run.py ARGUMENTS` in `cwd`."""
    return subprocess.run(
        [sys.executable, str(RUN), *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )


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
