"""The page of a run: what it holds, what it must not hold, and how it looks in a browser."""

import base64
import hashlib
import io
import itertools
import json
import re

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from pages import LOADS, Page
from PIL import Image

from kvae import plots
from kvae.errors import WriteError
from kvae.metrics import meaning_of
from kvae.modes import finish
from kvae.modes.finish import finish_run
from kvae.report import __main__ as command
from kvae.report import write_report
from kvae.report.figures import readable
from kvae.runs import RunFolder
from kvae.runs.lock import locked

HOSTILE = "<script>alert(1)</script>\"'&"
METRICS = {
    "loss": 25.5, "reconstruction": 22.0, "kl": 3.5, "val_loss": 24.25, "val_reconstruction": 21.0, "val_kl": 3.25,
    "active_units": 2, "bits_per_dim": 0.561, "seconds": 200.0, "observations_per_second": 35000.75,
    "accuracy_round1": 0.5, "accuracy_round2": 0.75, "of_another_mode": 1.0, HOSTILE: 7.5,
}  # fmt: skip
CONFIG = {
    "name": HOSTILE,
    "seed": 0,
    "objective": "val_loss",
    "data": {"name": "digits"},
    "model": {"latent_dim": 2, "encoder": {"_target_": "kvae.layers.mlp_encoder"}},
    "prior": {"name": "gmm", "rounds": 2},
    "mode": {"name": "learn"},
    "tracking": {"name": "mlflow", "uri": "http://me:secret@127.0.0.1:5000"},
}


def make_run(path, metrics=METRICS, n_pictures=3):
    """A run folder as a mode leaves it to `finish_run`."""
    folder = RunFolder(path)
    folder.write_run(CONFIG)
    (path / ".hydra").mkdir()
    overrides = ["prior=gmm", "prior.rounds=2", f"name={HOSTILE}", "tracking.uri=http://me:secret@127.0.0.1:5000"]
    (path / ".hydra" / "overrides.yaml").write_text(json.dumps(overrides))
    (path / "run.log").write_text(f"2026-11-21 20:29:47,142 WARNING warning: {HOSTILE}\n")
    names = ["loss", "reconstructions_learn", "unheard_of"] + [f"more{i}" for i in range(n_pictures - 3)]
    for i, name in enumerate(names):
        folder.vae.path.mkdir(exist_ok=True)
        Image.new("RGB", (40 + i, 20)).save(folder.vae.path / f"{name}.png")
    if metrics is not None:
        finish_run(folder, metrics)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page(folder):
    return Page(folder.report)


def test_nothing_is_loaded_and_nothing_runs(page):
    for _, attributes in page.tags:
        for name in LOADS & attributes.keys():
            assert attributes[name].startswith(("data:", "#"))
    assert not page.all("script") and not page.all("iframe")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not any("style" in attributes for _, attributes in page.tags)
    style = re.search(r"<style>(.*?)</style>", page.source, re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    policy = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = f"style-src 'sha256-{digest}'"
    assert policy == f"default-src 'none'; img-src data:; {own}; base-uri 'none'; form-action 'none'"


def test_every_picture_of_the_folder_is_there_once_with_words(folder, page):
    pictures = [base64.b64decode(one["src"].removeprefix("data:image/png;base64,")) for one in page.all("img")]
    assert sorted(pictures) == sorted(path.read_bytes() for path in folder.pictures())
    for png, attributes in zip(pictures, page.all("img"), strict=True):
        assert Image.open(io.BytesIO(png)).size == (int(attributes["width"]), int(attributes["height"]))
        assert attributes["alt"]
    places = [page.text.index(title) for title in ("Learning curves", "Originals and recon", "Unheard of")]
    assert places == sorted(places)


def test_every_metric_is_there_with_its_exact_value(page):
    exact = [one["value"] for one in page.all("data")]
    assert {str(value) for value in METRICS.values()} == set(exact)
    for text in ("24.25", "nats per observation", "3 min 20 s", "35,001", "of 2 dimensions", "75.0 %", "0.561"):
        assert text in page.text
    for name in METRICS.keys() - {name for name in METRICS if "_round" in name or name.startswith("val_")}:
        assert name in page.text


def test_names_are_text_and_passwords_stay_at_home(page):
    assert "<script" not in page.source
    assert page.text.count(HOSTILE) >= 5  # title, heading, config, a metric, the log
    assert "secret" not in page.source
    assert "http://…@127.0.0.1:5000" in page.text


def test_the_command_and_what_it_set(page):
    assert "python run.py prior=gmm prior.rounds=2 'name=<script>" in page.text
    marked = re.findall(r'<tr class="set"><th scope="row" title="([^"]*)"', page.source)
    assert set(marked) == {"name", "prior.rounds", "tracking.uri"}
    assert '<code class="mark">prior=gmm</code>' in page.source


def test_headings_descend_by_one_and_links_lead_somewhere(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one["href"].removeprefix("#") for one in page.all("a")} <= set(ids)


def test_the_page_is_small_without_its_pictures(page):
    assert len(re.sub(r'src="data:[^"]*"', "", page.source).encode()) < 60_000


def test_a_run_that_is_cut_off_says_so_and_how_to_go_on(tmp_path, capsys):
    folder = make_run(tmp_path, metrics=None)
    assert command.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")
    page = Page(folder.report)
    assert "not finished" in page.text and f"python run.py resume={tmp_path}" in page.text
    assert not folder.finished
    with locked(tmp_path):
        write_report(folder)
    assert "still running" in Page(folder.report).text


def test_the_curve_of_a_run_without_one_is_drawn_from_its_checkpoint(tmp_path):
    folder = make_run(tmp_path, metrics=None)
    (folder.vae.path / "loss.png").unlink()
    rows = [{"iteration": i, "loss": 9.0 / i, "reconstruction": 8.0 / i, "kl": 1.0 / i} for i in (1, 2, 3)]
    np.savez(folder.vae.checkpoint, header=np.array(json.dumps({"rows": rows})))
    write_report(folder)
    assert "Learning curves" in Page(folder.report).text


def test_a_folder_that_is_no_run_is_one_clear_error(tmp_path, capsys):
    assert command.main([str(tmp_path), str(tmp_path / "nowhere")]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ") and "is no run folder: it holds no run.json" in first
    assert "nowhere is no folder" in second
    (tmp_path / "run.json").write_text("{torn")
    assert command.main([str(tmp_path)]) == 1
    assert "run.json is missing or damaged" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", '{"config": {"name": 1, "model": [], "data": 2, "mode": {"name": {}}}, "git_commit": 3}'),
        ("run.json", '{"config": {"objective": []}, "versions": []}'),
        ("metrics.json", '{"val_loss": "text", "seconds": null, "kl": [1], "loss_round1": {}}'),
        ("metrics.json", '{"val_loss": NaN, "seconds": 1e400, "active_units": true}'),
        (".hydra/overrides.yaml", "{a: [b"),
        (".hydra/overrides.yaml", "[1, [2], {3: 4}, experiment=digits]"),
        (".hydra/hydra.yaml", "hydra: {runtime: {config_sources: [1, {provider: command-line}]}}"),
        ("module001_vae/loss.png", "no picture"),
        ("run.json", r'{"config": {"name": "half a character: \ud800"}}'),
        ("run.log", "\x00 \xff ERROR \x1b[31m"),
    ],
)
def test_a_foreign_folder_makes_a_page_or_one_clear_error(tmp_path, name, content):
    folder = make_run(tmp_path)
    (tmp_path / name).write_text(content)
    if command.main([str(tmp_path)]) == 0:
        assert "<script" not in Page(folder.report).source


def test_an_experiment_is_named_for_all_that_it_sets(tmp_path):
    folder = make_run(tmp_path)
    (tmp_path / ".hydra/overrides.yaml").write_text("[experiment=digits, model/encoder=mine, train.itr=3]")
    write_report(folder)
    assert 'chosen by <code class="mark">experiment=digits</code>' in Page(folder.report).source


def test_a_fault_of_the_report_costs_no_results(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(finish, "write_report", lambda folder, metrics: {}["a key"])
    folder = RunFolder(tmp_path)
    finish_run(folder, {"loss": 1.0})
    assert folder.read_metrics() == {"loss": 1.0}
    assert "report.html could not be made (KeyError: 'a key')" in caplog.text


def test_a_full_disk_ends_the_run_before_it_is_finished(tmp_path, monkeypatch):
    def full(folder, metrics):
        raise WriteError("no space left")

    monkeypatch.setattr(finish, "write_report", full)
    with pytest.raises(WriteError):
        finish_run(RunFolder(tmp_path), {"loss": 1.0})
    assert not RunFolder(tmp_path).finished


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("val_loss", 24.865772, ("24.87", "nats per observation")),
        ("accuracy", 0.9312, ("93.1", "%")),
        ("seconds", 20.53, ("20.5", "s")),
        ("loss", float("nan"), ("not finite", "nats per observation")),
        ("active_units", 10, ("10", "dimensions")),
        ("kl", 0.0000123, ("1.23e-05", "nats per observation")),
        ("unknown", "text", ("text", "")),
    ],
)
def test_figures_read_well(name, value, expected):
    assert readable(meaning_of(name), value) == expected


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("n_pictures", [3, 30])
def test_a_browser_asks_for_nothing_and_nothing_scrolls_sideways(tmp_path, n_pictures):
    folder = make_run(tmp_path / "run", None, n_pictures)
    rng = np.random.default_rng(0)
    x = rng.random((10, 8, 8, 1))
    folder.vae.write_figure("reconstructions_learn", plots.reconstructions, x, x, range(10))
    finish_run(folder, METRICS)
    browser = Browser(tmp_path / "profile")
    try:
        for width, dark in ((1400, False), (1400, True), (390, False), (360, True)):
            browser.open(folder.report, width, dark)
            assert [url for url in browser.requests if not url.startswith("data:")] == [folder.report.as_uri()]
            assert not [event for event in browser.events if event.get("method") == "Log.entryAdded"]
            assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
            assert browser.value("[...document.images].every(image => image.naturalWidth > 0)")
            assert browser.value("document.images.length") == n_pictures
            browser.screenshot(tmp_path / f"{width}.png")
            with Image.open(tmp_path / f"{width}.png") as shot:
                shot.load()
                assert shot.height > 1000 and (np.asarray(shot.convert("L")).mean() < 128) == dark
        browser.print(tmp_path / "page.pdf")
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    finally:
        browser.close()


def test_the_columns_of_a_table_are_named(tmp_path):
    folder = make_run(tmp_path / "run", metrics=None)
    folder.vae.input_spec.write_text(json.dumps({"columns": [HOSTILE, "höhe", 3, *map(str, range(30))]}))
    write_report(folder)
    page = folder.report.read_text()
    assert "<i>columns</i> &lt;script&gt;" in page and "höhe, 0, 1" in page and "and 12 more" in page
    folder.vae.input_spec.write_text("[")
    write_report(folder)
    assert "<i>columns</i>" not in folder.report.read_text()


def test_what_a_mode_notes_is_no_key_of_the_config(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_run(CONFIG | {"learnt_run": "outputs/learnt", "shard": {"number": 0, "of": 1}})
    finish_run(folder, {"loss": 1.0})
    html = folder.report.read_text(encoding="utf-8")
    assert "<i>learnt in</i> outputs/learnt" in html
    assert "learnt_run" not in html and "shard.number" not in html
