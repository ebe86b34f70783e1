"""The index of a folder of runs: which entries it has, and what stands in a row."""

import json
import os
import re

import pytest
from pages import LOADS, Page
from PIL import Image

from kvae.report import __main__ as command
from kvae.report.index.entries import entries_of
from kvae.report.index.page import learnt_with
from kvae.runs import RunFolder, sweep_page
from kvae.runs.captions import Caption, as_metadata
from kvae.runs.lock import locked
from kvae.runs.pictures import thumbnail

HOSTILE = "<script>alert(1)</script>\"'&"


def make_run(path, begun, metrics=None, name="vae", **config):
    """A run that was begun at a second of the year 2020 or so."""
    run = RunFolder(path)
    mode = {"name": "learn"}
    run.write_run(
        {"name": name, "seed": 3, "objective": "val_loss", "mode": mode, "data": {"name": "digits"}} | config
    )
    if metrics is not None:
        run.write_metrics(metrics)
    os.utime(run.record, (1.6e9 + begun, 1.6e9 + begun))
    return run


@pytest.fixture
def outputs(tmp_path):
    """A finished run with a report and a picture, one cut off, one damaged, and a sweep of three jobs."""
    first = make_run(tmp_path / "a" / "first", 10, {"val_loss": 24.5, "seconds": 130.0}, HOSTILE)
    first.report.write_text("a report")
    first.vae.path.mkdir()
    for name, place, section in (("loss", 10, "curves"), ("b", 30, "pictures"), ("a", 40, "pictures")):
        first.vae.write_figure(name, lambda: None)
        words = as_metadata(Caption(f"Title of {name}", alt=f"Seen in {name}", section=section, place=place))
        save(first.vae.path / f"{name}.png", words)
    make_run(tmp_path / "a" / "second", 30, data={"path": "http://me:secret@127.0.0.1/deep/own.csv"})
    (make_run(tmp_path / "damaged", 20).path / "run.json").write_text("{torn")
    os.utime(tmp_path / "damaged" / "run.json", (1.6e9 + 20, 1.6e9 + 20))
    for number, value in enumerate((3.0, 2.0, None)):
        job = make_run(
            tmp_path / "sweep" / str(number),
            40 + number,
            None if value is None else {"val_loss": value, "seconds": 50.0},
        )
        job.job.write_text("{}")
    (tmp_path / "sweep" / "3").mkdir()
    (tmp_path / "sweep" / "3" / "job.json").write_text("{}")
    return tmp_path


def save(path, words):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    for key, text in words.items():
        texts.add_text(key, text)
    Image.new("RGB", (800, 200), (250, 0, 0)).save(path, pnginfo=texts)


def test_runs_and_sweeps_the_newest_first(outputs):
    entries = entries_of(outputs)
    assert [entry.path.name for entry in entries] == ["sweep", "second", "damaged", "first"]
    assert [entry.state for entry in entries] == ["interrupted", "interrupted", "damaged", "finished"]
    sweep, *_, first = entries
    assert dict(sweep.counts) == {"finished": 2, "interrupted": 2}
    assert (sweep.objective, sweep.value, sweep.seconds) == ("val_loss", 2.0, 100.0)
    assert (first.objective, first.value, first.page) == (
        "val_loss",
        24.5,
        outputs / "a" / "first" / "report.html",
    )
    with locked(outputs / "a" / "second"):
        assert entries_of(outputs)[1].state == "running"


def test_a_sweep_shows_the_model_that_its_value_is_of(tmp_path):
    for number, value in enumerate((3.0, 2.0, 4.0)):
        model = {"latent_dim": 5 + number}
        make_run(tmp_path / "s" / str(number), number, {"val_loss": value}, model=model).job.write_text("{}")
    entry = entries_of(tmp_path)[0]
    assert (entry.value, entry.config["model"]["latent_dim"]) == (2.0, 6)


def test_a_run_of_a_later_version_is_not_called_damaged(tmp_path):
    for name in ("alone", "s/0"):
        run = make_run(tmp_path / name, 1)
        run.record.write_text('{"format_version": 99}')
    (tmp_path / "s" / "0" / "job.json").write_text("{}")
    assert {entry.state for entry in entries_of(tmp_path)} == {"later"}
    assert command.main([str(tmp_path)]) == 0
    page = Page(tmp_path / "index.html")
    assert page.text.count("✕ of a later kvae") == 2 and "✕ damaged" not in page.text
    assert "run.json was written by a later kvae: its format version is 99" in page.text
    assert "To make" not in page.text


def test_of_a_metric_of_which_much_is_good_a_sweep_has_the_largest(tmp_path):
    for number, value in enumerate((0.5, 0.75, 0.25)):
        run = make_run(tmp_path / "s" / str(number), number, {"accuracy": value}, objective="accuracy")
        run.job.write_text("{}")
    assert entries_of(tmp_path)[0].value == 0.75
    assert len(entries_of(tmp_path / "s")) == 3  # the jobs themselves, in the index of the sweep's own folder


def test_what_stands_in_the_page(outputs, capsys):
    sweep_page(outputs / "sweep").write_text("a page")
    assert command.main([str(outputs)]) == 0
    assert capsys.readouterr().out.strip().endswith("index.html")
    page = Page(outputs / "index.html")
    links = [one["href"] for one in page.all("a")]
    assert links == ["sweep/sweep.html", "a/first/report.html"]
    for text in (
        "3 runs, 1 sweep",
        "a sweep of 4 jobs",
        "2 finished, 2 not finished",
        "24.50",
        "nats per observation",
        "2 min 10 s",
    ):
        assert text in page.text
    assert "own.csv" in page.text and "run.json is missing or damaged" in page.text
    assert f"python -m kvae.report {outputs / 'a' / 'second'}" in page.text
    images = page.all("img")
    assert [one["alt"] for one in images] == ["Seen in b"]  # what the report shows first below the curves
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in images)


def test_nothing_is_loaded_and_nothing_leaks(outputs):
    command.main([str(outputs)])
    page = Page(outputs / "index.html")
    assert page.source.count("<script") == 1 and "secret" not in page.source
    assert not any("style" in attributes or "onload" in attributes for _, attributes in page.tags)
    loaded = [value for _, attributes in page.tags for name, value in attributes.items() if name in LOADS]
    assert not [value for value in loaded if re.match("[a-z]+:", value) and not value.startswith("data:")]


def test_the_page_of_somebody_else_is_left_as_it_is(outputs, capsys):
    (outputs / "index.html").write_text("my site")
    assert command.main([str(outputs)]) == 1
    assert "index.html was not made by kvae, and is left as it is" in capsys.readouterr().err
    assert (outputs / "index.html").read_text() == "my site"
    (outputs / "index.html").unlink()
    assert command.main([str(outputs)]) == command.main([str(outputs)]) == 0


def test_a_run_folder_has_its_report_and_no_index(outputs):
    assert command.main([str(outputs / "a" / "second")]) == 0
    assert (outputs / "a" / "second" / "report.html").is_file() and not (
        outputs / "a" / "second" / "index.html"
    ).exists()


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG\r\n\x1a\n" + b"torn" * 9])
def test_what_is_no_picture_has_no_thumbnail(outputs, content):
    assert thumbnail(content, 10, 10) is None
    (outputs / "a/first/module001_vae/b.png").write_bytes(content)
    assert command.main([str(outputs)]) == 0


def test_a_picture_of_many_pixels_is_not_unpacked(tmp_path, monkeypatch):
    save(tmp_path / "a.png", {})
    png = (tmp_path / "a.png").read_bytes()
    assert thumbnail(png, 100, 100)[:2] == b"\xff\xd8"
    monkeypatch.setattr("kvae.runs.pictures.MANY_PIXELS", 800 * 200 - 1)
    assert thumbnail(png, 100, 100) is None


@pytest.mark.parametrize(
    "config", [{"model": [], "data": 2}, {"objective": []}, {"name": 1, "seed": {}, "mode": {"name": []}}]
)
def test_forged_configs_make_a_page(tmp_path, config):
    run = make_run(tmp_path / "run", 0, {"val_loss": 1.0})
    run.record.write_text(json.dumps({"config": config}))
    assert command.main([str(tmp_path)]) == 0
    assert "<script>alert" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ({"name": "learn"}, "mlp, 3 latent dimensions, prior gmm"),
        ({"name": "recog", "run": None}, "mlp, 3 latent dimensions, prior gmm"),
        ({"name": "recog", "run": "outputs/vae/learn/x"}, ""),
        ({"name": "inspect"}, ""),
        ({"name": "decompress"}, ""),
    ],
)
def test_a_model_is_named_where_the_config_says_which(tmp_path, mode, shown):
    target = {"_target_": "kvae.layers.mlp_encoder"}
    make_run(tmp_path / "run", 0, mode=mode, model={"latent_dim": 3, "encoder": target}, prior={"name": "gmm"})
    (entry,) = entries_of(tmp_path)
    assert learnt_with(entry) == shown
