"""Whether modes take the data that they are given for that of the run, and which of its rows they take."""

import os
import shutil

import numpy as np
import pytest
from learnt import save_run
from mixed_table import mixed_table

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import learn, resuming
from kvae.modes.detect_threshold import known_data
from kvae.modes.opening import choose_rows, open_learnt
from kvae.modes.resuming import check_rows, state_to_resume
from kvae.runs import RunFolder
from kvae.uses import open_run
from kvae.uses.new_rows import rows_that_were_learnt

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

N, OTHERS = 100, 60
MODEL = ["model=tiny", "train.jit_compile=false", "model.weight_stddev=0.6"]
KEYS = ["data=table", "data.path=x.csv", "model.likelihood=table"]


@pytest.fixture
def learnt(tmp_path, monkeypatch):
    """A run that learnt `home/x.csv`, in the folder `home`; `other/x.csv` has other rows of the same columns."""
    for name, n in (("home", N), ("other", OTHERS)):
        (tmp_path / name).mkdir()
        mixed_table(n, seed=n).write_csv(tmp_path / name / "x.csv")
    monkeypatch.chdir(tmp_path / "home")
    save_run(tmp_path / "run", *KEYS)
    return RunFolder(tmp_path / "run")


def used(learnt, *keys):
    """The config of a use of the run, the run, and the rows that are chosen."""
    config = compose(*KEYS, "model=tiny", "mode=detect", f"mode.run={learnt.path}", *keys)
    opened = open_learnt(config)
    return config, opened, choose_rows(config, opened)


def test_a_path_spelt_alike_elsewhere_is_other_data(learnt, tmp_path, monkeypatch):
    own = rows_that_were_learnt(open_learnt(used(learnt)[0]))
    monkeypatch.chdir(tmp_path / "other")
    config, opened, chosen = used(learnt)
    assert (chosen.which, len(chosen.part)) == ("all", OTHERS)
    known = known_data(config, opened, chosen)
    assert known.split is None and known.n_held_out() == N // 5  # the rows of home set the threshold
    np.testing.assert_array_equal(rows_that_were_learnt(opened), own)
    made = open_run(learnt.path).generate(20)
    monkeypatch.chdir(tmp_path / "home")
    assert made.equals(open_run(learnt.path).generate(20))


@pytest.mark.parametrize("path", ["./x.csv", "../home/x.csv", "{}/home/x.csv"])
def test_every_spelling_of_the_path_is_the_learnt_data(learnt, tmp_path, path):
    _, _, chosen = used(learnt, f"data.path={path.format(tmp_path)}")
    assert (chosen.which, len(chosen.part)) == ("test", N // 5)


def test_a_run_is_resumed_with_its_own_file_only(learnt, tmp_path, monkeypatch):
    monkeypatch.setattr(resuming, "read_state", lambda path: type("State", (), {"rows": []}))
    config = compose(*KEYS, *MODEL)
    assert state_to_resume(config, learnt, False)
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(InputError, match=rf"{tmp_path}/other/x\.csv here, but it learnt {tmp_path}/home/x\.csv"):
        state_to_resume(config, learnt, False)
    config = compose(*KEYS, "data.path=../home/x.csv", *MODEL)
    assert state_to_resume(config, learnt, False)


def write_again(learnt, n=N + 20):
    """Write more rows to the file that was learnt, after it was learnt."""
    mixed_table(n, seed=N).write_csv("x.csv")
    os.utime("x.csv", (learnt.begun + 5,) * 2)


@pytest.mark.parametrize("split", ["test", "train", "all"])
def test_a_file_that_has_changed_is_warned_of_whichever_rows_are_used(learnt, caplog, split):
    used(learnt, f"mode.split={split}")
    assert "warning" not in caplog.text
    write_again(learnt)
    config, opened, chosen = used(learnt, f"mode.split={split}")
    known_data(config, opened, chosen)
    assert caplog.text.count("data.path=x.csv was written after the run began to learn from it") == 1


def test_new_rows_from_a_file_that_has_changed_are_warned_of_once(learnt, caplog):
    write_again(learnt)
    run = open_run(learnt.path)
    run.generate(5)
    run.generate(5)
    assert caplog.text.count("was written after the run began") == 1
    assert "they are not those that were learnt" in caplog.text


def test_another_file_in_place_of_one_that_is_gone_is_warned_of(learnt, tmp_path, monkeypatch, caplog):
    (tmp_path / "home/x.csv").rename(tmp_path / "kept.csv")
    monkeypatch.chdir(tmp_path / "other")
    os.utime("x.csv", (learnt.begun - 5,) * 2)
    assert used(learnt)[2].which == "test"
    assert f"x.csv is another file than the run learnt ({tmp_path}/home/x.csv, of " in caplog.text
    caplog.clear()
    shutil.copy2(tmp_path / "kept.csv", "x.csv")
    os.utime("x.csv", (learnt.begun - 5,) * 2)
    assert used(learnt)[2].which == "test" and "warning" not in caplog.text


def test_a_run_is_resumed_with_as_many_rows_as_it_learnt(learnt, caplog):
    check_rows(learnt, "x.csv", 80)
    assert "warning" not in caplog.text
    with pytest.raises(InputError, match=r"it learnt 80 rows of data\.path=x\.csv, and there are 96 now"):
        check_rows(learnt, "x.csv", 96)
    write_again(learnt, N)
    check_rows(learnt, "x.csv", 80)
    assert "the run goes on with other rows than it began with" in caplog.text


def test_learning_does_not_go_on_with_more_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = [
        "data=file",
        "data.path=x.csv",
        "model=tiny",
        "train.itr=1",
        "train.jit_compile=false",
        "mode.x_hat=false",
    ]
    np.savetxt("x.csv", np.random.default_rng(0).random((20, 2)), delimiter=",")
    learn.run(compose(*keys), RunFolder("run"))
    np.savetxt("x.csv", np.random.default_rng(0).random((30, 2)), delimiter=",")
    with pytest.raises(InputError, match="cannot be resumed with other rows: it learnt 16 rows"):
        learn.run(compose(*keys, "train.itr=2"), RunFolder("run"))


def test_keys_of_how_to_read_need_not_be_typed_again(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).random((20, 3))
    np.savetxt("x.csv", x, delimiter=",", header="0.1,0.2,0.3", comments="")
    keys = ["data=file", "data.path=x.csv", *MODEL, "mode=recog", "mode.run=run"]
    own = ["data.header=false", "data.columns=[0,2]"]
    save_run("run", *keys[:5], *own)
    found = {}
    for typed in ([], own[:1], own[1:], own):
        config = compose(*keys, *typed)
        chosen = choose_rows(config, open_learnt(config))
        found[tuple(typed)] = chosen.part.x
        assert chosen.which == "test"
    assert all(np.array_equal(x, found[tuple(own)]) for x in found.values())
    assert "warning" not in caplog.text
    config = compose(*keys, "data.header=true", own[1])
    assert choose_rows(config, open_learnt(config)).which == "all"
    assert "x.csv is the file that run learnt, with other keys: data.header=False" in caplog.text


def test_a_header_that_learning_found_may_be_typed(learnt, caplog):
    assert used(learnt, "data.header=true")[2].which == "test"
    assert "warning" not in caplog.text


def test_keys_of_columns_that_learning_did_not_have_are_warned_of(learnt, caplog):
    assert used(learnt, "data.columns=[age,nosuch]", "data.columns_file=nope.yaml")[2].which == "test"
    assert "data.columns=['age', 'nosuch'] has no effect: " in caplog.text
    assert (
        f"data.columns_file=nope.yaml has no effect: {learnt.path} learnt with data.columns_file=null"
        in caplog.text
    )
    caplog.clear()
    names = [column.name for column in open_learnt(used(learnt)[0]).spec.table.columns]
    used(learnt, f"data.columns=[{','.join(names)}]", "data.unseen=other")
    assert "warning" not in caplog.text


@pytest.mark.parametrize("key", ["data.limit=50", "data.test_fraction=0.3", "data.header=false"])
def test_learnt_rows_that_count_as_other_rows_are_warned_of(learnt, caplog, key):
    try:
        used(learnt, key)
    except InputError:  # the names of columns are no row
        assert key == "data.header=false"
        return
    name = key.partition("=")[0]
    assert f"x.csv is the file that {learnt.path} learnt, with other keys: {name}=" in caplog.text
    caplog.clear()
    used(learnt, key, "mode.split=all")
    assert "warning" not in caplog.text


def test_a_copy_of_the_learnt_file_elsewhere_is_warned_of(learnt, tmp_path, caplog):
    shutil.copy("x.csv", "y.csv")
    assert used(learnt, "data.path=y.csv")[2].which == "all"
    assert "these rows were learnt: data.path=y.csv is a copy of the file that" in caplog.text
