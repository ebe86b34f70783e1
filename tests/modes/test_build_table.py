"""A model of a table from a config: features inside, and what is refused."""

import keras
import numpy as np
import pytest

from kvae.config import compose
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec
from kvae.errors import InputError
from kvae.modes.build import build_vae
from kvae.table import Column, TableSpec, coded
from tests.mixed_table import mixed_columns, mixed_rows

X = mixed_rows(300)
COLUMNS = tuple(coded(c, v) for c, v in zip(mixed_columns().columns, X.T, strict=True))
SPEC = InputSpec((7,), Scaling("none"), "none", tuple(c.name for c in COLUMNS), TableSpec(COLUMNS))
TINY = ("model=tiny", "model.likelihood=table")


@pytest.mark.slow
def test_a_table_is_learnt_and_read_again(tmp_path):
    vae = build_vae(compose(*TINY, "model.hide=0.3", "train=table"), SPEC)
    assert vae.encoder.get_layer("table_input").hide == 0.3
    before = vae.elbo(X)
    vae.fit(X, epochs=3, batch_size=100, verbose=0)
    after = vae.elbo(X)
    assert np.isfinite(after).all() and after.mean() > before.mean()
    vae.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.elbo(X), after)
    assert again.likelihood.columns == tuple(column.for_model() for column in COLUMNS)
    assert build_vae(compose("model=table", "train=table"), SPEC).encoder.get_layer("table_input").hide == 0.0


def test_few_digits_do_not_reach_the_numbers_of_categories():
    vae = build_vae(compose(*TINY, "train.precision=mixed_bfloat16"), SPEC)
    plain = build_vae(compose(*TINY), SPEC)
    seen = [one.encoder.get_layer("table_input")(X) for one in (vae, plain)]
    np.testing.assert_array_equal(*seen)
    large = np.array([[299999.0]], np.float32)  # more than eight bits tell: through the whole encoder
    values = np.repeat(np.arange(300000), 2)
    columns = (coded(Column("city", "categorical", {"name": "large_categorical"}, None, 300000), values),)
    spec = InputSpec((1,), Scaling("none"), "none", ("city",), TableSpec(columns))
    encode = build_vae(compose(*TINY, "train.precision=mixed_bfloat16"), spec).encode
    assert (encode(large)[0] != encode(large - 1)[0]).any()
    assert np.isfinite(vae.elbo(X)).all()


@pytest.mark.parametrize(
    ("typed", "spec", "text"),
    [
        (["model=tiny"], SPEC, "Received: model.likelihood=bernoulli. Type model.likelihood=table"),
        (["model=table"], (7,), "Received: model.likelihood=table. Type data=table, or another likelihood"),
        (["model=tiny", "model.hide=0.2"], (7,), "must be 0 without data=table. Received: 0.2"),
    ],
)
def test_what_does_not_go_together_is_refused(typed, spec, text):
    with pytest.raises(InputError, match=text):
        build_vae(compose(*typed), spec)
