"""`.ci/run` and what it relies on."""

import shlex
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[1]
HERE = """
import pytest

def test_that_passes(): pass

def test_that_lacks_one():
    pytest.importorskip("kvae_lacks_this", reason="the extra [x] is not installed")

def test_that_lacks_something_else():
    pytest.skip("needs Chromium")
"""
MODULE = 'import pytest\npytest.importorskip("kvae_lacks_this", reason="the extra [x] is not installed")\n'


def test_it_installs_every_extra_but_those_of_the_benchmarks():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys()
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("pip install")]
    installed = {name for line in lines for name in line.partition("[")[2].partition("]")[0].split(",")} - {""}
    assert installed == extras - {"bench"}


def test_readme_s_pytest_leaves_slow_tests_out_and_it_runs_them_but_not_the_rare_ones(pytester):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    names = [marker.partition(":")[0] for marker in settings["markers"]]
    assert names == ["slow", "rare"]
    pytester.makeini("[pytest]\nmarkers = slow\n    rare\n")
    marked = "".join(f"@pytest.mark.{name}\ndef test_{name}(): pass\n" for name in names)
    pytester.makepyfile(f"import pytest\ndef test_quick(): pass\n{marked}")
    of_readme = shlex.split(settings["addopts"])
    (of_ci,) = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if "-m slow" in line]
    for command, passed in ((of_readme, "test_quick"), (shlex.split(of_ci), "test_slow")):
        expression = command[command.index("-m") + 1]
        result = pytester.runpytest("-v", "-m", expression)
        result.assert_outcomes(passed=1, deselected=2)
        result.stdout.fnmatch_lines([f"*::{passed} PASSED*"])


@pytest.fixture
def tests(pytester):
    """A folder with tests that lack an extra and others, under the project's own conftest."""
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    pytester.makepyfile(test_single=HERE, test_module=MODULE)
    return pytester


def test_what_lacks_an_extra_is_noted(tests):
    note = tests.path / "skipped"
    tests.runpytest(f"--note-skipped={note}").assert_outcomes(passed=1, skipped=3)
    assert set(note.read_text().splitlines()) == {"test_module.py", "test_single.py::test_that_lacks_one"}


def test_what_lacks_an_extra_where_all_are_installed_fails(tests):
    tests.runpytest("--all-extras", "test_single.py").assert_outcomes(passed=1, skipped=1, failed=1)
    result = tests.runpytest("--all-extras", "test_module.py")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*with --all-extras: *the extra [[]x] is not installed*"])
