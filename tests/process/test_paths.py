"""Which files of the working directory are run: those that a command names, none that is called like a package."""

import os
import shutil
import subprocess
import sys

import pytest
from command import RUN

from kvae.process import paths
from kvae.sweep import isolation

EVIL = "open('ran', 'a').write(__name__)\n"


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A working directory with files that are called like packages which kvae imports."""
    for name in ("hydra", "omegaconf", "numpy", "yaml", "rich", "cycler", "matplotlib", "keras", "filelock"):
        (tmp_path / f"{name}.py").write_text(EVIL)
    monkeypatch.setenv("PYTHONPATH", str(paths.ROOT))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return tmp_path


def ran(work, *command, **more):
    result = subprocess.run([sys.executable, *command], cwd=work, capture_output=True, text=True, **more)
    assert not (work / "ran").exists(), (work / "ran").read_text()
    return result


@pytest.mark.parametrize("module", ["kvae.report", "kvae.sweep"])
def test_a_module_that_is_run_imports_what_is_installed(work, module):
    result = ran(work, "-m", module, ".")
    assert result.returncode == 1 and result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


def test_the_program_imports_what_is_installed_also_from_its_own_folder(work):
    shutil.copy(RUN, work)
    shutil.copytree(RUN.parent / "conf", work / "conf")
    result = ran(work, "run.py", "seed=-1")
    assert result.stderr.startswith("error: seed must be an integer"), result.stderr


def test_a_job_imports_what_is_installed(work, monkeypatch):
    monkeypatch.chdir(work)
    started = {}

    def start(command, **keywords):
        started.update(keywords, command=command)
        raise FileNotFoundError

    for first in ("", str(work)):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "path", [first, *sys.path])
            patched.setattr(isolation.subprocess, "Popen", start)
            with pytest.raises(FileNotFoundError):
                isolation.run_alone("x", {}, work, {}, 0, {}, str(work))
        code = "import kvae, cycler, numpy, sys; print(kvae.__file__)"
        found = ran(work, "-P", "-c", code, env=started["env"])
        assert found.stdout.strip() == str(paths.ROOT / "kvae" / "__init__.py"), found.stderr
        assert started["command"][:3] == [sys.executable, "-P", "-m"]


def test_the_folder_one_works_in_comes_last_and_is_not_lost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "program" / "run.py")])
    path = ["", "/a", str(tmp_path), "/b", str(tmp_path / "program"), "/c"]
    assert paths.in_order(path) == ["/a", "/b", "/c", "", str(tmp_path), str(tmp_path / "program")]


def test_launchers_leave_the_folder_one_works_in_out(monkeypatch):
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # so that what it was is put back
    monkeypatch.delenv("PYTHONSAFEPATH")
    monkeypatch.setenv("PYTHONPATH", "x")
    monkeypatch.setattr(paths.PathFinder, "find_spec", lambda name, path: "found")
    paths.for_launchers()
    assert os.environ["PYTHONSAFEPATH"] == "1"
    assert os.environ["PYTHONPATH"] == "x"
    monkeypatch.setattr(paths.PathFinder, "find_spec", lambda name, path: None)
    paths.for_launchers()
    assert os.environ["PYTHONPATH"] == f"x{os.pathsep}{paths.ROOT}"
