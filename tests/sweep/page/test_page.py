"""The page of a sweep: what it holds, what it must not hold."""

import json
import math
import re

import pytest
from pages import LOADS, Page

from kvae.report.policy import policy
from kvae.sweep import summary
from kvae.sweep.folders import JobFolder, SweepFolder
from kvae.sweep.page.curves import MANY_POINTS, columns, rows_of, thinned
from kvae.sweep.summary import summarise

HOSTILE = "<script>alert(1)</script>\"'&"
CONFIG = {"name": HOSTILE, "mode": {"name": "learn"}, "data": {"path": "http://me:secret@127.0.0.1/x.csv"}}


def make_sweep(path, n=6):
    """Jobs of three latent dimensions and two seeds; the fifth failed, the last waits."""
    jobs = [[f"model.latent_dim={2 + i // 2}", f"seed={i % 2}", f"name={HOSTILE}"] for i in range(n)]
    SweepFolder(path).write_plan([f"name={HOSTILE}", "model.latent_dim=2,3,4"], "val_loss", jobs)
    for number, overrides in enumerate(jobs[:-1]):
        job = JobFolder(path / str(number))
        job.begin(number, overrides, {})
        job.run.write_run(CONFIG)
        rows = [{"iteration": i, "loss": 9.0 / i, "reconstruction": 8.0 / i, "kl": 1.0 / i} for i in range(1, 200)]
        job.run.vae.write_log("loss", rows, list(rows[0]))
        if number == n - 2:
            job.end("failed", HOSTILE)
            continue
        job.run.report.write_text("a report")
        values = {"val_loss": 20.123456 - number, "seconds": 2.0, "accuracy": 0.5, HOSTILE: 1.0}
        job.run.write_metrics(values | {f"metric{i}": float(i) for i in range(20)})
        job.end("finished")
    summarise(path)
    return SweepFolder(path)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return make_sweep(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def page(sweep):
    return Page(sweep.page)


def test_nothing_is_loaded_and_only_its_own_script_runs(page):
    for tag, attributes in page.tags:
        for name in LOADS & attributes.keys():
            if tag != "data":
                assert attributes[name].startswith(("data:", "#")) or tag == "a"
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not any("style" in attributes for _, attributes in page.tags)
    style = re.search(r"<style>(.*?)</style>", page.source, re.DOTALL)[1]
    script = re.search(r"<script>(.*?)</script>", page.source, re.DOTALL)[1]
    said = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert said == policy(style, script) and "url(" not in style
    assert "fetch(" not in script and "http" not in script.replace("http://www.w3.org/2000/svg", "")


def test_a_row_per_job_the_best_first_with_exact_values(page):
    assert re.findall(r'<tr data-job="(\d+)"', page.source) == ["3", "2", "1", "0", "4", "5"]
    exact = [one["value"] for one in page.all("data")]
    for number in range(4):
        assert str(20.123456 - number) in exact
    for text in ("✓ finished", "✕ failed", "waiting", "17.1235", "50.0 %"):
        assert text in page.text
    links = [one["href"] for one in page.all("a") if not one["href"].startswith("#")]
    assert links == [f"{number}/report.html" for number in (3, 2, 1, 0)]


def test_seeds_are_taken_together_and_the_best_is_a_command(page):
    mean, sd = (17.123456 + 18.123456) / 2, math.sqrt(0.5)
    assert (
        f"val_loss {mean:.6g} nats per observation, the mean of 2 seeds, with a standard deviation of {sd:.3g}"
        in page.text
    )
    assert "python run.py model.latent_dim=3 'name=<script>" in page.text
    assert "python run.py resume=" in page.text  # a job failed, and one waits


def test_names_are_text_and_passwords_stay_at_home(page):
    assert page.source.count("<script") == 2 and "alert(1)</script>" not in page.source
    assert "secret" not in page.source and "http://…@127.0.0.1" in page.text


def test_metrics_that_matter_less_are_shown_when_asked_for(page):
    heads = {one["data-key"]: one.get("class") for one in page.all("th") if "data-key" in one}
    assert list(heads)[:5] == ["job", "state", "val_loss", "model.latent_dim", "seed"]
    assert heads["accuracy"] is None and heads["metric19"] == "more"
    assert "sweep-all" in page.source


def test_the_curves_are_those_of_the_logs(sweep, page):
    facts = json.loads(re.search(r'id="sweep-facts">(.*?)</script>', page.source, re.DOTALL)[1])
    assert sorted(facts["curves"]) == ["0", "1", "2", "3", "4"] and facts["units"]["kl"] == "nats per observation"
    curve = facts["curves"]["4"]
    assert len(curve["iteration"]) == MANY_POINTS and (curve["iteration"][0], curve["iteration"][-1]) == (1, 199)
    assert curve["loss"] == [pytest.approx(9.0 / i, rel=1e-4) for i in curve["iteration"]]


def test_curves_that_are_not_finite_have_gaps():
    rows = [{"iteration": 1.0, "loss": math.nan}, {"iteration": 2.0, "loss": 3.0}, {"iteration": math.inf}]
    assert columns(thinned(rows)) == {"iteration": [1, 2], "loss": [None, 3]}
    assert thinned([]) == []


def test_a_damaged_log_has_no_curve(sweep, tmp_path):
    copy = make_sweep(tmp_path)
    (tmp_path / "0" / "module001_vae" / "loss.txt").write_text("torn")
    jobs = copy.jobs()
    assert rows_of(jobs[0]) == [] and len(rows_of(jobs[1])) == 199


def test_jobs_of_shards_have_no_best(tmp_path):
    jobs = [[f"mode.shard={number}"] for number in range(2)]
    SweepFolder(tmp_path).write_plan(["mode.shard=0,1"], "loss", jobs)
    for number, overrides in enumerate(jobs):
        job = JobFolder(tmp_path / str(number))
        job.begin(number, overrides, {})
        job.run.write_metrics({"loss": 1.0 + number})
    summarise(tmp_path)
    text = Page(tmp_path / "sweep.html").text
    assert "The best setting" not in text and "python run.py -m mode.shard=0,1" in text


def test_a_sweep_without_results_has_a_page_too(tmp_path):
    SweepFolder(tmp_path).write_plan(["seed=0,1"], "val_loss", [["seed=0"], ["seed=1"]])
    summarise(tmp_path)
    page = Page(tmp_path / "sweep.html")
    assert "2 waiting" in page.text and "Keys and metrics" not in page.text and "sweep-filter" in page.source


def test_a_fault_of_the_page_is_a_line_and_costs_no_results(tmp_path, monkeypatch, caplog):
    SweepFolder(tmp_path).write_plan(["seed=0,1"], "val_loss", [["seed=0"], ["seed=1"]])
    summarise(tmp_path)
    monkeypatch.setattr(summary, "page_of", lambda facts: {}["a key"])
    summarise(tmp_path)
    assert "sweep.html could not be made (KeyError: 'a key')" in caplog.text
    assert not (tmp_path / "sweep.html").exists() and (tmp_path / "sweep.csv").is_file()
