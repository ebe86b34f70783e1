"""Folders of runs that ended before they began."""

import pytest

from kvae.errors import InputError
from kvae.runs.unbegun import removed_if_unbegun


@pytest.fixture
def folder(tmp_path):
    """A run folder as Hydra leaves it to the mode."""
    path = tmp_path / "outputs" / "vae" / "learn" / "now"
    (path / ".hydra").mkdir(parents=True)
    for name in (".lock", "run.log", ".hydra/config.yaml", ".hydra/overrides.yaml"):
        (path / name).write_text("")
    return path


def end(folder, root, error):
    with pytest.raises(type(error)), removed_if_unbegun(folder, root):
        raise error


@pytest.mark.parametrize("error", [InputError("x"), SystemExit(1), KeyboardInterrupt()])
def test_a_mistake_leaves_no_folder_behind(folder, tmp_path, error):
    other = tmp_path / "outputs" / "vae" / "recog"
    other.mkdir()
    end(folder, tmp_path / "outputs", error)
    assert list((tmp_path / "outputs").rglob("*")) == [tmp_path / "outputs" / "vae", other]


def test_a_fault_keeps_its_log(folder, tmp_path):
    end(folder, tmp_path / "outputs", ZeroDivisionError())
    assert (folder / "run.log").is_file()


@pytest.mark.parametrize("name", ["run.json", "module001_vae/loss.txt", ".hydra/mine"])
def test_what_a_run_wrote_stays(folder, tmp_path, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("")
    end(folder, tmp_path / "outputs", InputError("x"))
    assert (folder / name).is_file() and (folder / "run.log").is_file()


def test_a_link_or_a_folder_elsewhere_stays(folder, tmp_path):
    end(folder, tmp_path / "others", InputError("x"))
    assert folder.is_dir()
    (folder / "run.log").unlink()
    (folder / "run.log").symlink_to(tmp_path / "mine")
    end(folder, tmp_path / "outputs", InputError("x"))
    assert (folder / "run.log").is_symlink()


def test_the_folder_of_another_process_stays(folder, tmp_path, monkeypatch):
    from filelock import FileLock, Timeout

    monkeypatch.setattr(FileLock, "acquire", lambda *_, **__: (_ for _ in ()).throw(Timeout("held")))
    end(folder, tmp_path / "outputs", InputError("x"))
    assert (folder / "run.log").is_file()
