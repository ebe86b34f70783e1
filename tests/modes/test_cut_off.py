"""A finished run that is begun again in its folder and cut off is no finished run any more."""

import importlib

import pytest

from kvae import modes
from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes.build import build_vae
from kvae.modules.model_file import save_vae
from kvae.runs import RunFolder
from kvae.runs.files import write_json
from kvae.training import compiling

TINY = ["model=tiny", "data.limit=50", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run as learning leaves it, of a model that has learnt nothing."""
    config = compose(*TINY)
    data = load_data(config.data, 0)
    folder = RunFolder(tmp_path_factory.mktemp("learnt"))
    save_vae(build_vae(config, data.spec), folder.vae.model)
    folder.write_run(config.plain)
    write_json(folder.vae.input_spec, data.spec.to_json())
    folder.write_metrics({"loss": 0.0})
    compiling.make_deterministic(jit_compile=True)
    return folder


class CutOffError(Exception):
    pass


@pytest.mark.parametrize("name", ["recog", "evaluate", "detect", "generate", "export"])
def test_its_metrics_go_before_its_results_change(learnt, tmp_path, monkeypatch, name):
    folder = RunFolder(tmp_path / "run")
    folder.write_metrics({"loss": 1.0})
    folder.report.write_text("old")

    def cut_off(self, config):
        raise CutOffError

    monkeypatch.setattr(RunFolder, "write_run", cut_off)  # the first that every mode writes
    mode = importlib.import_module(f"kvae.modes.{name}")
    with pytest.raises(CutOffError):
        mode.run(compose(*TINY, f"mode={name}", f"mode.run={learnt.path}"), folder)
    assert not folder.finished and not folder.report.exists()


def test_a_run_of_another_mode_is_not_overwritten(tmp_path):
    folder = RunFolder(tmp_path / "a run")
    folder.write_run({"mode": {"name": "learn"}})
    modes.check_mode("learn", folder)
    with pytest.raises(
        InputError, match=r"holds a run of mode=learn, which mode=recog would overwrite.*type 'mode\.run=.*a run'$"
    ):
        modes.check_mode("recog", folder)
    modes.check_mode("recog", RunFolder(tmp_path / "new"))
