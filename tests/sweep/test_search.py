"""A search by Optuna: the study in a sweep's folder, and when a trial is given up."""

import sys

import pytest

from kvae.errors import InputError, PrunedError
from kvae.runs import RunFolder
from kvae.sweep import search as searching
from kvae.sweep.folders import SweepFolder

optuna = pytest.importorskip("optuna", reason="the extra [sweep] is not installed")


def sampler(seed):
    return optuna.samplers.RandomSampler(seed)


@pytest.fixture
def storage(tmp_path):
    return SweepFolder(tmp_path).storage


def begun(storage, space=None, seed=0):
    space = space or {"model.latent_dim": searching.between(2, 20), "model": searching.one_of(["mlp", "[1,2]"])}
    return searching.Search(storage, "vae", "minimize", space, sampler, seed)


def test_trials_are_asked_for_and_told_of(storage, tmp_path):
    search = begun(storage)
    first, second, third = search.ask(3)
    assert first.params.keys() == {"model.latent_dim", "model"}
    search.tell(first.number, 2.5)
    search.tell(second.number, None)
    search.tell(third.number, None, pruned=True)
    again = begun(storage)
    states = [trial.state.name for trial in again.study.trials]
    assert states == ["COMPLETE", "FAIL", "PRUNED"]
    assert (again.n_done, again.begun(), again.study.best_value) == (3, [], 2.5)
    assert (tmp_path / "study.db").is_file()


def test_a_search_that_was_cut_off_knows_the_trials_that_were_running(storage):
    search = begun(storage)
    (trial,) = search.ask(1)
    search.study.ask()  # cut off before its values were drawn
    again = begun(storage)
    assert [found.params for found in again.begun()] == [trial.params]
    assert again.n_done == 1  # the half-made one counts as failed


@pytest.mark.filterwarnings("ignore")  # Optuna's own, of values out of range
def test_trials_that_somebody_else_put_into_the_study_are_given_up(storage):
    search = begun(storage)
    numbers = optuna.distributions.IntDistribution(10**8, 10**9)
    search.study.ask({"model.latent_dim": numbers, "model": searching.one_of(["mlp", "[1,2]"])})
    search.study.enqueue_trial({"model.latent_dim": 10**9, "model": "mlp"})
    again = begun(storage)
    assert again.begun() == [] and again.study.trials[0].state.name == "FAIL"
    assert all(2 <= trial.params["model.latent_dim"] <= 20 for trial in again.ask(3))


def test_a_study_that_chose_among_other_values_is_refused(storage):
    of_files = optuna.distributions.CategoricalDistribution(["../../evil"])
    search = begun(storage)
    search.study.ask({"model.latent_dim": searching.between(2, 20), "model": of_files})
    again = begun(storage)
    assert again.begun() == []
    with pytest.raises(InputError, match=r"holds trials of another search .* Type what was searched then"):
        again.ask(1)


def test_a_search_that_goes_on_does_not_draw_the_same_again(storage):
    first = [trial.params for trial in begun(storage).ask(3)]
    second = [trial.params for trial in begun(storage).ask(3)]
    assert first != second


def test_the_same_seed_draws_the_same(tmp_path):
    drawn = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        search = begun(SweepFolder(tmp_path / name).storage, seed=3)
        drawn.append([trial.params for trial in search.ask(4)])
    assert drawn[0] == drawn[1]


def test_distributions():
    assert searching.between(2, 20) == optuna.distributions.IntDistribution(2, 20)
    assert searching.between(2, 20, 3) == optuna.distributions.IntDistribution(2, 20, step=3)
    assert searching.between(1e-4, 1e-2, log=True) == optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True)
    assert searching.between(1, 2.0) == optuna.distributions.FloatDistribution(1, 2.0)
    assert searching.one_of(["a", "b"]) == optuna.distributions.CategoricalDistribution(["a", "b"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1,2", optuna.distributions.CategoricalDistribution(["1", "2"])),
        ("a=choice([1,2],3)", optuna.distributions.CategoricalDistribution(["[1,2]", "3"])),
        ("a=range(1,10,3)", optuna.distributions.IntDistribution(1, 7, step=3)),
        ("a=range(0.5,2,0.5)", optuna.distributions.FloatDistribution(0.5, 1.5, step=0.5)),
        ("a=interval(1,2)", optuna.distributions.FloatDistribution(1.0, 2.0)),
        ("a=int(interval(1,20))", optuna.distributions.IntDistribution(1, 20)),
        ("a=tag(log,interval(0.001,1))", optuna.distributions.FloatDistribution(0.001, 1.0, log=True)),
        ("a=tag(log,int(interval(1,100)))", optuna.distributions.IntDistribution(1, 100, log=True)),
        ("a=shuffle(range(0,3))", optuna.distributions.CategoricalDistribution(["0", "1", "2"])),
    ],
)
def test_overrides_are_read_as_a_product_reads_them(text, expected):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from hydra_plugins.kvae_sweepers.search import distribution_of

    (override,) = OverridesParser.create().parse_overrides([text])
    found = distribution_of(override)
    if "shuffle" in text:
        assert sorted(found.choices) == list(expected.choices)
    else:
        assert found == expected


def curves(storage, values):
    """Complete trials with the held-out loss `values` at iterations 10, 20, ..., and one more that has begun."""
    search = begun(storage)
    for losses in values:
        (trial,) = search.ask(1)
        for i, loss in enumerate(losses):
            trial.report(loss, 10 * (i + 1))
        search.tell(trial.number, losses[-1])
    return search.ask(1)[0].number


def row(loss):
    return {"loss": 0.0, "val_loss": 99.0, "val_reconstruction": loss - 1.0, "val_kl": 1.0}


def test_a_weak_trial_is_given_up_and_a_strong_one_is_not(storage):
    number = curves(storage, [[5.0, 4.0, 3.0]] * 3)
    pruning = searching.Pruning(storage, "vae", number, optuna.pruners.MedianPruner(n_startup_trials=2))
    pruning.begin(RunFolder("."))
    pruning.log(10, row(4.9))
    pruning.log(15, {"accuracy": 0.5}, "mixture")
    with pytest.raises(PrunedError, match=r"worse than others after iteration 20 \(4.1000 nats\)"):
        pruning.log(20, row(4.1))


def test_what_the_study_knows_of_a_resumed_trial_is_not_told_again(storage):
    number = curves(storage, [[5.0, 4.0, 3.0]] * 3)
    for _ in range(2):
        pruning = searching.Pruning(storage, "vae", number, optuna.pruners.NopPruner())
        pruning.log(10, row(4.0))
    assert begun(storage).study.trials[number].intermediate_values == {10: 4.0}


def test_a_study_that_cannot_be_reached_does_not_end_the_training(storage, tmp_path, caplog):
    number = curves(storage, [[5.0]])
    pruning = searching.Pruning(storage, "vae", number, optuna.pruners.NopPruner())

    def broken(value, step):
        raise RuntimeError("disk full")

    pruning.trial.report = broken
    pruning.log(10, row(4.0))
    pruning.log(20, row(4.0))
    assert [record.getMessage() for record in caplog.records] == [
        "warning: the study cannot be reached: disk full"
    ]


def test_without_optuna_there_is_one_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"a search needs Optuna: pip install .* -e '\.\[sweep\]'"):
        searching.optuna()


@pytest.mark.parametrize("n_trials", [0, -1])
def test_a_search_without_trials_is_refused(n_trials):
    from hydra_plugins.kvae_sweepers.search import Search

    search = Search(n_trials, None, None, None, "vae", sampler, None, {})
    with pytest.raises(InputError, match=rf"hydra.sweeper.n_trials must be an integer >= 1. Received: {n_trials}"):
        search.sweep([])


def test_trials_that_write_to_one_file_wait_for_each_other(storage):
    assert searching.connect(storage).engine_kwargs["connect_args"]["timeout"] >= 60
