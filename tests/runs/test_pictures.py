"""A picture that fails, and the run that goes on without it."""

import pytest

from kvae import plots
from kvae.errors import WriteError
from kvae.runs import ModuleFolder

ROWS = [{"iteration": 1, "loss": 1.0, "reconstruction": 1.0, "kl": 0.0}]


def test_a_picture_that_fails_is_a_line_and_no_end(tmp_path, caplog):
    folder = ModuleFolder(tmp_path)
    folder.write_figure("loss", plots.loss_curve, ROWS)
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")

    def broken(rows):
        raise RuntimeError("no\nroom")

    folder.write_figure("loss", broken, ROWS)
    assert not (tmp_path / "loss.png").exists()  # not the one of before
    assert "warning: loss.png could not be drawn (RuntimeError: no room)" in caplog.text
    folder.write_figure("none", lambda: None)
    assert list(tmp_path.iterdir()) == [] and len(caplog.records) == 1


def test_a_font_file_that_is_gone_is_no_full_disk(tmp_path, caplog, monkeypatch):
    def gone(*arguments, **options):
        raise FileNotFoundError(2, "No such file or directory", "DejaVuSans.ttf")

    monkeypatch.setattr("matplotlib.figure.Figure.draw", gone)
    ModuleFolder(tmp_path).write_figure("loss", plots.loss_curve, ROWS)
    assert "loss.png could not be drawn" in caplog.text


def test_a_disk_that_takes_no_picture_ends_the_run_as_ever(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"loss\.png could not be written"):
        ModuleFolder(tmp_path / "file").write_figure("loss", plots.loss_curve, ROWS)
