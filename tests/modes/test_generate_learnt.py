"""New rows of a table that a small model learnt: as often what is rare, and the same as by rejection."""

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.config import compose
from kvae.modes import learn
from kvae.runs import RunFolder
from kvae.uses import open_run

pytestmark = pytest.mark.slow
N = 2000


@pytest.fixture(scope="module")
def table():
    return mixed_table(N)


@pytest.fixture(scope="module")
def learnt(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("learnt")
    table.write_csv(path / "people.csv")
    keys = ["data=table", f"data.path={path / 'people.csv'}", "data.missing=learn", "data.test_fraction=0"]
    small = ["model.latent_dim=4", "model.hidden_encoder_dim=64", "model.hidden_decoder_dim=64", "train.itr=30"]
    small += ["train.batch_size=100"]
    learn.run(compose(*keys, *small), RunFolder(path / "run"))
    return open_run(path / "run")


@pytest.fixture(scope="module")
def many(learnt):
    """Very many rows from the prior."""
    return pl.concat([learnt.generate(75_000, sampler="prior", seed=seed) for seed in range(2)])


@pytest.mark.parametrize("sampler", ["gmm", "prior"])
def test_what_is_rare_is_as_rare_and_gaps_are_as_many(learnt, table, sampler):
    found = learnt.generate(20_000, sampler=sampler)
    for name, value in [("sector", "mining"), ("sector", "transport"), ("sex", "female"), ("active", "true")]:
        p = (table[name].cast(pl.String) == value).mean()
        # Of the learnt rows, of the new ones, and some of the model.
        error = np.sqrt(p * (1 - p) * (1 / N + 1 / len(found))) + 0.02 * p
        assert (found[name].cast(pl.String) == value).mean() == pytest.approx(p, abs=3 * error), value
    for name in ("height", "income"):
        assert found[name].is_null().mean() == pytest.approx(table[name].is_null().mean(), abs=0.02)
    of_women, of_men = (
        found.filter(pl.col("sex") == one)["income"].is_null().mean() for one in ("female", "male")
    )
    assert of_women > of_men + 0.05  # of the table .25 and .05
    assert found.select(pl.exclude("height", "income").is_null().any()).row(0) == (False,) * (found.width - 2)


def test_counts_are_counts_and_integers_are_integers(learnt, table):
    found = learnt.generate(20_000)
    assert found["visits"].dtype == found["age"].dtype == pl.Int64 and found["visits"].min() == 0
    share, learnt_share = ((one["visits"] == 0).mean() for one in (found, table))
    assert share == pytest.approx(learnt_share, abs=0.03)
    assert found["age"].mean() == pytest.approx(table["age"].mean(), abs=1.0)
    assert found["age"].std() == pytest.approx(table["age"].std(), rel=0.1)


WHERE = {
    "sector: mining": pl.col("sector") == "mining",
    "sector: mining, active: false, sex: female": (pl.col("sector") == "mining")
    & (pl.col("active") == "false")
    & (pl.col("sex") == "female"),
    "height: <160, visits: >=6": (pl.col("height") < 160) & (pl.col("visits") >= 6),
    "income: null, age: >65": pl.col("income").is_null() & (pl.col("age") > 65),
}


@pytest.mark.parametrize("where", WHERE)
def test_rows_under_conditions_are_those_that_rejection_keeps(learnt, many, where):
    kept = many.with_columns(pl.col("active").cast(pl.String)).filter(WHERE[where])
    assert 50 < len(kept) < 0.02 * len(many)
    n = 4000
    found = learnt.generate(n, where=where, sampler="prior").with_columns(pl.col("active").cast(pl.String))
    assert found.select(WHERE[where].all()).item()
    for name in ("age", "height", "income", "visits"):
        one, other = kept[name].drop_nulls().cast(pl.Float64), found[name].drop_nulls().cast(pl.Float64)
        if len(one):
            error = one.std() * np.sqrt(1 / len(one) + 4 / n) + 1e-9  # Markov chains: fewer than n count
            assert abs(other.mean() - one.mean()) < 4 * error, name
    for name in ("sex", "sector", "active", "size"):
        for value in kept[name].unique():
            p, q = ((one[name] == value).mean() for one in (kept, found))
            assert abs(p - q) < 4 * np.sqrt(max(p * (1 - p), 1 / len(kept)) * (1 / len(kept) + 4 / n)), (
                name,
                value,
            )
