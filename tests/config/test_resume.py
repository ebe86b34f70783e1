"""`resume=FOLDER`: the command of a run or a sweep again."""

import pytest

from kvae.config.resume import expand_resume
from kvae.errors import InputError
from kvae.options.quoting import quoted
from kvae.sweep.folders import SweepFolder


def test_without_resume_a_command_stays_as_it_is():
    assert expand_resume(["-m", "seed=0,1", "train.resume=x"]) == ["-m", "seed=0,1", "train.resume=x"]
    assert expand_resume(["resume=null"]) == ["resume=null"]


def test_a_sweep_is_started_again_in_its_folder(tmp_path):
    SweepFolder(tmp_path).write_plan(["seed=0,1", "train.itr=5", "hydra/launcher=joblib"], "val_loss", [])
    found = expand_resume([f"resume={tmp_path}", "hydra/launcher=basic", "train.device=cpu"])
    assert found[:2] == ["--multirun", f"hydra.sweep.dir='{tmp_path}'"]
    assert found[2:] == ["seed=0,1", "train.itr=5", "hydra/launcher=basic", "train.device=cpu"]


def test_a_run_is_started_again_in_its_folder(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text("- +a.b=1\n- 'model.hidden_encoder_dim=[2,3]'\n")
    found = expand_resume(["a.b=2", f"resume={tmp_path}"])
    assert found == [f"hydra.run.dir='{tmp_path}'", "model.hidden_encoder_dim=[2,3]", "a.b=2"]


def test_a_folder_of_neither_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"resume=.* is no folder of a run or of a sweep that was begun"):
        expand_resume([f"resume={tmp_path}"])


def test_a_folder_s_name_computes_nothing(tmp_path):
    folder = tmp_path / "${oc.env:HOME}"
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("- seed=1\n")
    with pytest.raises(InputError, match="Rename the folder"):
        expand_resume([f"resume={folder}"])


def test_folders_with_any_characters_are_one_value():
    from hydra.core.override_parser.overrides_parser import OverridesParser

    for name in ("a b", "a,b", "it's", "back\\slash", "end\\", "it\\'s", "two\\\\'", "${x}", "[1]"):
        (override,) = OverridesParser.create().parse_overrides([f"hydra.run.dir={quoted(name)}"])
        assert override.value() == name
