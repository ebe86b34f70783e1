"""The package as one installs it, from the source archive and the wheel: the command `kvae`, anywhere."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
IN_WHEEL = ("kvae", "hydra_plugins", "conf")
pytestmark = pytest.mark.slow


def run(*command, cwd=ROOT, status=0):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source archive, and the wheel that is built from it, without network."""
    pytest.importorskip("hatchling", reason="the extra [dev] is not installed")
    folder = tmp_path_factory.mktemp("built")
    hatchling = [sys.executable, "-m", "hatchling", "build", "-d", folder]
    run(*hatchling, "-t", "sdist")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    run(*hatchling, "-t", "wheel", cwd=source)
    (wheel,) = folder.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def bin_folder(built, tmp_path_factory):
    """Commands of a fresh environment with the wheel in it, and beside it what the tests have."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    commands = folder / "bin"
    python = commands / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", built[1])
    place = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    others = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    (place / "others.pth").write_text("\n".join(others))
    return commands


def files_in(folder):
    """Files of a folder of the repository as they are packed, with their bytes."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_file_of_the_package_and_conf_in_it(built):
    with zipfile.ZipFile(built[1]) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {name: content for folder in IN_WHEEL for name, content in files_in(folder).items()}
    wanted = {f"kvae/{name}" if name.startswith("conf/") else name: content for name, content in wanted.items()}
    assert packed.keys() == wanted.keys()
    assert packed == wanted


def test_the_source_archive_has_what_the_two_commands_of_the_readme_need(built):
    for name in ("run.py", "constraints.txt", "LICENSE", "README.md", "tests/test_cli.py", "conf/config.yaml"):
        assert (built[0] / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_command_runs_anywhere_and_names_itself(bin_folder, tmp_path):
    kvae, python = bin_folder / "kvae", bin_folder / "python"
    where = run(python, "-c", "import kvae; print(kvae.__file__)", cwd=tmp_path).stdout
    assert Path(where.strip()).is_relative_to(bin_folder.parent)
    assert run(kvae, "--version", cwd=tmp_path).stdout.startswith("kvae 0.")
    text = run(kvae, "--help", cwd=tmp_path).stdout
    assert "\nkvae mode=recog  " in text and "kvae --cfg job" in text and "run.py" not in text
    assert run(kvae, "-x", cwd=tmp_path, status=1).stderr == (
        "error: -x is no option. Type kvae --help to see what there is\n"
    )
    (tmp_path / "mine" / "kl").mkdir(parents=True)
    (tmp_path / "mine" / "kl" / "own.yaml").write_text("_target_: my_kl.half\n")
    (tmp_path / "my_kl.py").write_text(
        "from kvae.schedules import KLTerm\n\n\ndef half(iteration, itr):\n    return KLTerm(0.5)\n"
    )
    quick = ["model=tiny", "train.itr=1", "train.jit_compile=false", "data.limit=50"]
    swept = run(kvae, "--config-dir=mine", "-m", "kl=own", *quick, cwd=tmp_path).stdout
    assert "\n#0 val_loss " in swept and "run.py" not in swept
    (report,) = tmp_path.glob("outputs/vae/learn/*/0/report.html")
    assert "kvae --config-dir=" in report.read_text() and "run.py" not in report.read_text()
    report.unlink()
    run(python, "-m", "kvae.report", report.parent, cwd=tmp_path)
    assert "kvae --config-dir=" in report.read_text()
    assert '"git_commit": null' in (report.parent / "run.json").read_text()
