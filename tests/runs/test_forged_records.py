"""Every JSON, YAML and text of a run or a sweep, forged: one line or a result that steers no terminal."""

import copy
import io
import json
import os
import zipfile

import numpy as np
import pytest

from kvae.config.resume import expand_resume
from kvae.errors import InputError
from kvae.modules import GMM, Observation
from kvae.modules.gmm.files import read_arrays
from kvae.process.visible import UNSEEN
from kvae.report.__main__ import main as report
from kvae.runs import ModuleFolder, RunFolder
from kvae.sweep.__main__ import main as sweep
from kvae.sweep.folders import JobFolder, SweepFolder
from kvae.training.checkpoint_file import TrainingState, read_state, read_time_spent, write_state
from kvae.uses.opened import read_spec

ESCAPES = "\x1b]0;evil\x07\x1b[2J\u202e[red]x[/red]\n<script>alert(1)</script>"

# What no file of kvae's holds, as bytes.
TORN = {
    "nothing": b"",
    "a brace": b"{",
    "no JSON": b"nul",
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of lists": b"[[], [[]]]",
    "an empty dictionary": b"{}",
    "bad UTF-8": b'{"\xff": "\xfe"}',
    "UTF-16": '{"config": {}}'.encode("utf-16"),
    "a mark before it": b"\xef\xbb\xbf{}",
    "NULs": bytes(1000),
    "nested lists": b"[" * 100_000,
    "nested dictionaries": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "just too deep": b'{"config":' * 60 + b"1" + b"}" * 60,
    "a number without end": b"1" * 10_000,
    "a name twice": b'{"config": {}, "config": {}}',
    "two values": b"{} {}",
    "escapes": json.dumps(ESCAPES).encode(),
    "YAML": b"!!python/object/apply:os.system ['touch ran']",
}

# What no entry of theirs holds.
WRONG = [
    None, True, -1, 0.5, 10**30, float("nan"), float("inf"), 1e308, "", "9" * 400, "x", "\ud800", ESCAPES,
    "../../../../etc/passwd", [], [[]], ["x", 1], {}, {"a": {"b": [1]}}, {ESCAPES: ESCAPES}, [ESCAPES],
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A sweep of two jobs that are finished, with all its records; one of them is a shard."""
    for drawing in (
        "kvae.sweep.picture.picture",
        "kvae.plots.latent_map",
        "kvae.runs.ModuleFolder.write_figure",
    ):
        monkeypatch.setattr(drawing, lambda *arguments: None)  # takes longer than all the rest
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.chdir(tmp_path)
    made = SweepFolder(tmp_path / "sweep")
    made.write_plan(["seed=0,1"], "val_loss", [["seed=0"], ["seed=1"]])
    shard = {"number": 0, "of": 1, "start": 0, "stop": 3, "n": 3}
    config = {"name": "vae", "format": "txt", "objective": "val_loss", "mode": {"name": "recog", "shard": 0}}
    for number in (0, 1):
        job = JobFolder(made.path / str(number))
        job.begin(number, [f"seed={number}"], config)
        job.run.write_run(config | ({"shard": shard, "learnt_run": "learnt"} if number == 0 else {}))
        job.run.vae.write_rows("z_recog", np.arange(6.0).reshape(3, 2))
        means = dict.fromkeys(("loss", "reconstruction", "kl", "bits_per_dim"), 1.0)
        job.run.write_metrics(means | {"val_loss": 2.0, "seconds": 2.0, "accuracy_round1": 0.5})
        hydra = job.path / ".hydra"
        hydra.mkdir()
        (hydra / "overrides.yaml").write_text("- seed=0\n")
        (hydra / "hydra.yaml").write_text("hydra: {runtime: {config_sources: []}}\n")
        (job.path / "run.log").write_text("2026 WARNING warning: x\n")
        job.end("finished")
    return made.path


def say_it_in_a_line(folder, capsys, joined=True):
    """Ask for the result, the report and the joined whole: each ends with a result or one line why not."""
    job = folder / "0"
    commands = [(sweep, [str(folder)]), (report, [str(job)]), (sweep, [str(folder), "--join"])]
    for main, arguments in commands if joined else commands[:2]:
        status = main(arguments)
        out, err = capsys.readouterr()
        assert (status, err.count("\n"), err[:7]) in ((0, 0, ""), (1, 1, "error: ")), (arguments, err)
        assert len(err) < 2000 and not UNSEEN.search(out + err)
    if RunFolder(job).report.is_file():
        page = RunFolder(job).report.read_text(encoding="utf-8")
        assert "<script>alert" not in page and not UNSEEN.search(page)
    try:
        expand_resume([f"resume={folder}"])
        expand_resume([f"resume={job}"])
    except InputError as error:
        assert "\n" not in str(error)
    assert not (folder.parent / "ran").exists()


def test_what_was_not_forged_has_a_result(folder, capsys):
    assert sweep([str(folder)]) == report([str(folder / "0")]) == sweep([str(folder), "--join"]) == 0
    assert (folder / "joined" / "metrics.json").is_file()
    say_it_in_a_line(folder, capsys)


RECORDS = ("sweep.json", "0/job.json", "0/run.json", "0/metrics.json")


@pytest.mark.parametrize("kind", TORN)
@pytest.mark.parametrize("name", [*RECORDS, "0/.hydra/overrides.yaml", "0/.hydra/hydra.yaml", "0/run.log"])
def test_a_torn_record_is_one_line(folder, capsys, name, kind):
    (folder / name).write_bytes(TORN[kind])
    say_it_in_a_line(folder, capsys)


def entries(value, place=()):
    """The places of all entries of nested dictionaries and lists."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*place, name)
        yield from entries(inner, (*place, name))


def forged(whole, place, value):
    """The same with another value at a place; a dictionary lacks it where the value is `...`."""
    found = copy.deepcopy(whole)
    *way, last = place
    inner = found
    for name in way:
        inner = inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_with_any_entry_forged_is_one_line(folder, capsys, name):
    whole = json.loads((folder / name).read_text())
    for number, place in enumerate(entries(whole)):
        if place[0] != "versions" or place[-1] == "keras":
            for value in (..., *WRONG[number % 2 :: 2]):
                (folder / name).write_text(json.dumps(forged(whole, place, value)))
                say_it_in_a_line(folder, capsys, joined="run" in name)


def test_names_that_are_forged_steer_no_terminal(folder, capsys):
    whole = json.loads((folder / "0/metrics.json").read_text())
    (folder / "0/metrics.json").write_text(json.dumps(whole | {ESCAPES: 1.0, "x_round" + "9" * 5000: 1.0}))
    job = json.loads((folder / "0/job.json").read_text())
    (folder / "0/job.json").write_text(json.dumps(job | {"overrides": [f"{ESCAPES}={ESCAPES}", "[bold]=[/]"]}))
    say_it_in_a_line(folder, capsys)
    assert sweep([str(folder)]) == 0
    out = capsys.readouterr().out
    assert r"\x1b]0;evil\x07\x1b[2J\u202e[red]x[/red]\n<script>" in out
    assert not UNSEEN.search((folder / "sweep.csv").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seconds", [2**60, -(2**40), 0])
def test_a_run_from_another_age_has_a_report(folder, capsys, seconds):
    try:
        os.utime(folder / "0/run.json", (seconds, seconds))
    except (OverflowError, OSError):
        pytest.skip("this file system has no such times")
    say_it_in_a_line(folder, capsys)


@pytest.mark.parametrize("values", [(1e308, 1e308), (1e-320, 1e308), (float("nan"), 1.0), (-1e308, 1e308)])
def test_a_sweep_of_absurd_numbers_has_a_picture_or_none(folder, capsys, monkeypatch, values):
    monkeypatch.undo()
    for number, value in enumerate(values):
        job = JobFolder(folder / str(number))
        job.begin(number, [f"seed={number}", f"x={'$' * 5}{value}", f"y={value}"], {})
        job.run.write_metrics({"val_loss": value, "seconds": -value})
    say_it_in_a_line(folder, capsys)


SHARDS = [
    {"number": 0, "of": 10**12, "start": 0, "stop": 3, "n": 3},
    {"number": 5, "of": 1, "start": 0, "stop": 3, "n": 3},
    {"number": 0, "of": 1, "start": 2, "stop": 3, "n": 3},
    {"number": 0, "of": 1, "start": 0, "stop": 3, "n": 10**9},
    {"number": 0, "of": 1, "start": 3, "stop": 0, "n": 0},
    {"number": 0, "of": 0, "start": 0, "stop": 0, "n": 0},
]


@pytest.mark.parametrize("shard", SHARDS)
def test_shards_that_do_not_add_up_are_not_joined(folder, capsys, shard):
    run = json.loads((folder / "0/run.json").read_text())
    (folder / "0/run.json").write_text(json.dumps(forged(run, ("config", "shard"), shard)))
    assert sweep([str(folder), "--join"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("module001_vae/z_recog.txt", b"a b\nc d\ne f\n"),
        ("module001_vae/z_recog.txt", b"1 2\n3\n4 5 6\n"),
        ("module001_vae/z_recog.txt", b"\xff\n\xfe\n\xfd\n"),
        ("module001_vae/z_recog.txt", b"\n\n\n"),
        ("module001_vae/x_hat_recog.npy", b"\x93NUMPY"),
        ("module002_gmm/counts_recog.npz", b"PK"),
        ("metrics.json", b'{"seconds": 0, "loss": 1, "reconstruction": 1, "kl": 1, "bits_per_dim": 1}'),
        ("metrics.json", b'{"seconds": 1}'),
    ],
)
def test_shards_whose_files_are_forged_are_not_joined(folder, capsys, name, content):
    path = folder / "0" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert sweep([str(folder), "--join"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1


def test_counts_of_more_rows_than_there_are_take_no_memory(folder, capsys):
    gmm = RunFolder(folder / "0").module(2, "gmm")
    names = np.array(["a"])
    gmm.write_arrays(gmm.counts, counts=np.array([[10**15]]), classes=names, labels=names)
    assert sweep([str(folder), "--join"]) == 1
    assert "does not count the 3 rows of its shard" in capsys.readouterr().err


SPEC = {"shape": [6], "scaling": {"kind": "none", "offset": 0.0, "divisor": 1.0}, "binarize": "none"}


@pytest.mark.parametrize("place", list(entries(SPEC)))
def test_what_a_model_expects_is_checked(tmp_path, place):
    run = RunFolder(tmp_path)
    run.vae.path.mkdir()
    for value in (..., *WRONG, [0], [-1], [10**30], [1.5], [1, 2], [[1.0]], 0):
        run.vae.input_spec.write_text(json.dumps(forged(SPEC, place, value)))
        try:
            spec = read_spec(run)
        except InputError as error:
            assert "input.json is missing or damaged" in str(error) and "\n" not in str(error)
        else:
            assert np.broadcast_shapes(spec.shape, spec.scaling.offset.shape) == spec.shape


@pytest.mark.parametrize("kind", TORN)
def test_smaller_records_are_one_line(tmp_path, kind):
    for name in ("seconds.json", "input.json", "rounds.txt"):
        (tmp_path / name).write_bytes(TORN[kind])
    run = RunFolder(tmp_path)
    run.vae.path.mkdir()
    run.vae.input_spec.write_bytes(TORN[kind])
    for read in (
        lambda: read_time_spent(tmp_path / "seconds.json"),
        lambda: read_spec(run),
        lambda: ModuleFolder(tmp_path).read_log("rounds") and failed(),
    ):
        with pytest.raises(InputError) as caught:
            read()
        assert "\n" not in str(caught.value)


def failed():
    raise InputError("read as far as it goes")


def test_a_state_with_any_entry_forged_is_no_checkpoint(tmp_path):
    path = tmp_path / "model.ckpt.npz"
    rows = [{"iteration": 1, "loss": 2.0}]
    stopping = {"best": 1.0, "wait": 0, "best_epoch": 0, "best_weights": None}
    write_state(path, TrainingState(1, False, rows, [np.zeros(2)], stopping))
    with np.load(path) as arrays:
        whole = {name: arrays[name] for name in arrays.files}
    header = json.loads(str(whole["header"]))
    for place in entries(header):
        for value in (..., *WRONG):
            np.savez(path, **(whole | {"header": np.array(json.dumps(forged(header, place, value)))}))
            try:
                state = read_state(path)
            except InputError as error:
                assert "is no checkpoint that can be read" in str(error) and "\n" not in str(error)
            else:
                assert set(state.early_stopping or stopping) == set(stopping)


@pytest.mark.parametrize("read", [read_state, read_arrays])
def test_many_arrays_that_unpack_to_much_are_refused_together(tmp_path, read):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):  # each within its own bound
            stream = io.BytesIO()
            np.save(stream, np.zeros(2**24, np.uint8))
            archive.writestr(f"{number}.npy", stream.getvalue())
    with pytest.raises(InputError, match=r"its arrays take 100,6.* bytes in memory"):
        read(path)


def test_a_mixture_whose_arrays_do_not_fit_is_none(tmp_path):
    whole = {
        "weights": np.full(2, 0.5), "means": np.zeros((2, 3)), "covs": np.stack([np.eye(3)] * 2),
        "noise": np.zeros((1, 1)), "r": np.full((4, 2), 0.5), "updates": np.array(1),
        "sent_mean": np.zeros((4, 3)),
    }  # fmt: skip
    np.savez(tmp_path / "model.npz", **whole)
    assert read_arrays(tmp_path / "model.npz").keys() == whole.keys()
    for name in whole:
        for array in (
            np.zeros(0),
            np.zeros((9, 9, 9)),
            np.array(-1.0),
            np.full(whole[name].shape, np.nan),
            np.array("x"),
        ):
            np.savez(tmp_path / "model.npz", **(whole | {name: array}))
            with pytest.raises(InputError, match=r"model\.npz is no mixture that can be read"):
                read_arrays(tmp_path / "model.npz")
    np.savez(tmp_path / "model.npz", **(whole | {"covs": -whole["covs"]}))
    with pytest.raises(InputError, match="its covariances are not positive definite"):
        read_arrays(tmp_path / "model.npz")
    np.savez(tmp_path / "model.npz", **(whole | {"weights": np.full(2, 3.0)}))
    with pytest.raises(InputError, match="its weights do not add up to 1"):
        read_arrays(tmp_path / "model.npz")


def test_a_mixture_of_other_dimensions_than_the_codes_is_refused(tmp_path):
    gmm = GMM(2, folder=tmp_path)
    gmm.connect(Observation(np.random.default_rng(0).normal(size=(20, 3)), name="vae"))
    gmm.update()
    assert len(gmm.load(3)) == 2
    with pytest.raises(InputError, match=r"model\.npz holds a mixture of 3 dimensions\. Received: codes of 2"):
        gmm.load(2)
