"""Mistakes that are found before anything is trained, in every mode."""

import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import learn, recog
from kvae.runs import RunFolder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data=file", "data.path=none.csv"], "data.path=none.csv does not exist"),
        (["mode=recog", "mode.run=nowhere"], "mode.run=nowhere is no finished learnt run"),
        (["train.resume=nowhere"], "train.resume=nowhere has no checkpoint"),
        (["train.patience=5", "data.test_fraction=0"], "train.patience needs held-out rows"),
        (["model=conv", "data=file", "data.path=narrow.csv"], "(height, width, channels)"),
        (["train.optimizer._target_=keras.layers.Dense"], "train.optimizer"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "narrow.csv").write_text("0,1\n1,0\n1,1\n0,0\n1,0\n")
    config = compose(*arguments)
    with pytest.raises(InputError) as caught:
        {"learn": learn, "recog": recog}[config.mode.name].run(config, RunFolder(tmp_path / "run"))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["narrow.csv"]
