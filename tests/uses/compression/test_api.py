"""Observations as bytes and back, as people use it: of a model, and of an opened run."""

import functools

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from learnt import save_run
from pandas.testing import assert_frame_equal
from polars.testing import assert_frame_equal as assert_polars_equal

import kvae
from kvae.errors import InputError
from kvae.likelihoods.lookup import class_of
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses import compress, decompress
from kvae.uses.compression import kinds
from kvae.uses.compression.archive import Reader
from kvae.uses.compression.coding_model import CodingModel

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

SHAPE = (6,)
RNG = np.random.default_rng(0)


@functools.cache
def model(name="bernoulli", seed=0, shape=SHAPE, **keys):
    """A small VAE with large random weights."""
    keras.utils.set_random_seed(seed)
    likelihood = class_of(name)(**keys)
    decoder = mlp_decoder(likelihood.param_shape(shape), 2, 8, weight_stddev=0.6)
    return kvae.VAE(mlp_encoder(shape, 2, 8, weight_stddev=0.6), decoder, likelihood=likelihood)


def binary(n, dtype=np.float32):
    return RNG.integers(0, 2, (n, *SHAPE)).astype(dtype)


def assert_same(found, expected):
    assert type(found) is type(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", ">i2", "<u2", "i4", "u8", "f2", ">f4", "f4", "f8"])
def test_arrays_of_every_type_come_back(dtype):
    x = binary(40, dtype)
    x[0] = 0
    if x.dtype.kind == "f":
        x[1] = -0.0
    assert_same(decompress(model(), compress(model(), x)), x)


def test_a_float_that_is_nearly_a_value_comes_back_to_the_bit():
    x = binary(50, np.float64)
    x[3, 2], x[7, 1] = 1 + 1e-9, 1e-12
    assert_same(decompress(model(), compress(model(), x)), x)


@pytest.mark.parametrize("dtype", [np.longdouble, object])
@pytest.mark.parametrize("lossy", [False, True])
def test_arrays_that_would_come_back_as_others_are_refused(dtype, lossy):
    with pytest.raises(ValueError, match=rf"pass x.astype\('float64'\).* an array of type {np.dtype(dtype)}"):
        compress(model(), binary(3, dtype), lossy=lossy)


def test_memory_order_and_views_come_back_as_values():
    x = binary(40)
    for view in (np.asfortranarray(x), x[::2], x[::-1], np.repeat(x, 2, axis=1)[:, ::2]):
        found = decompress(model(), compress(model(), view))
        np.testing.assert_array_equal(found, view)


@pytest.mark.parametrize(
    "make", [pd.DataFrame, lambda x, columns: pl.DataFrame(x, columns)], ids=["pandas", "polars"]
)
def test_frames_come_back(make):
    frame = make(binary(30, np.int8), columns=list("abcdef"))
    same = assert_frame_equal if isinstance(frame, pd.DataFrame) else assert_polars_equal
    archive = compress(model(), frame, rows_per_chunk=7)
    same(decompress(model(), archive), frame)
    same(decompress(model(), archive, rows=(5, 16)), frame[5:16])


def test_rows_are_restored_alone():
    x = binary(50)
    archive = compress(model(), x, rows_per_chunk=np.int64(8))
    assert Reader(archive).n_chunks == 7
    for start, stop in ((0, 50), (0, 1), (8, 16), (7, 17), (49, 50), (20, 20), (50, 50)):
        assert_same(decompress(model(), archive, rows=(start, stop)), x[start:stop])
    with pytest.raises(ValueError, match=r"from 0 to 50. Received: rows=\(3, 51\)"):
        decompress(model(), archive, rows=(3, 51))


def test_the_code_of_other_rows_is_not_read(monkeypatch):
    archive = bytearray(compress(model(), binary(50), rows_per_chunk=8))
    archive[Reader(bytes(archive)).places[3].offset + 20] ^= 1
    decompress(model(), archive, rows=(0, 24))
    with pytest.raises(InputError, match="rows 24 to 31"):
        decompress(model(), archive, rows=(0, 25))


def test_a_prior_of_every_row_is_kept_and_makes_codes_shorter():
    x = binary(400)
    mean, log_var = model().encode(x)
    with_prior = compress(model(), x, prior_mu=mean, prior_cov=np.exp(log_var))
    assert Reader(with_prior).header.messages
    assert_same(decompress(model(), with_prior), x)
    assert_same(decompress(model(), compress(model(), x, prior_cov=np.full((400, 2), 0.5))), x)


def test_the_model_inside_opens_it_alone():
    vae, x = model("binomial", n=4), RNG.integers(0, 5, (60, *SHAPE)).astype(np.float64)
    archive = compress(vae, x, with_model=True)
    assert_same(decompress(None, archive), x)
    assert Reader(archive).model_bytes < 10_000
    with pytest.raises(InputError, match="has no model inside: pass the one that wrote it"):
        decompress(None, compress(vae, x))


def test_another_model_is_refused():
    archive = compress(model(), binary(5))
    with pytest.raises(InputError, match=r"another model: its fingerprint is [0-9a-f]{32}, and this one's is"):
        decompress(model(seed=1), archive)
    with pytest.raises(TypeError, match=r"kvae.open_run\(FOLDER\) opened. Received: int"):
        decompress(3, archive)
    with pytest.raises(TypeError, match=r"path or bytes. Received: list"):
        decompress(model(), [1])


def test_what_cannot_be_coded_is_refused():
    with pytest.raises(ValueError, match="continuous"):
        compress(model("gaussian"), binary(5))
    with pytest.raises(ValueError, match=r"values of model.likelihood=bernoulli \(0, 1.*0\.5 in row 3"):
        x = binary(5)
        x[3, 1] = 0.5
        compress(model(), x)
    with pytest.raises(ValueError, match="rows_per_chunk"):
        compress(model(), binary(5), rows_per_chunk=0)
    with pytest.raises(ValueError, match=r"shape \(n, 6\)"):
        compress(model(), binary(5)[:, :3])


def test_damaged_archives_are_refused_or_salvaged(tmp_path):
    x = binary(50)
    archive = compress(model(), x, rows_per_chunk=10)
    path = tmp_path / "x.kvae"
    path.write_bytes(archive)
    assert_same(decompress(model(), path), x)
    broken = bytearray(archive)
    broken[Reader(archive).places[2].offset + 20] ^= 8
    path.write_bytes(broken[:-30])
    with pytest.raises(InputError, match=r"x.kvae is damaged: .*cut off"):
        decompress(model(), path)
    with pytest.warns(UserWarning, match=r"x\.kvae is damaged: rows 20 to 29 are lost"):
        found = decompress(model(), path, salvage=True)
    assert_same(found, np.delete(x, range(20, 30), axis=0))
    frame = pd.DataFrame(x)
    archive = compress(model(), frame, rows_per_chunk=10)
    with pytest.warns(UserWarning, match="rows 40 to 49 are lost"):
        found = decompress(model(), archive[: Reader(archive).places[4].offset + 9], salvage=True)
    assert_frame_equal(found, frame[:40], check_index_type=True)


MODELS = {
    "bernoulli": {}, "binomial": {"n": 7}, "beta_binomial": {"n": 5}, "categorical": {"n_levels": 4},
    "poisson": {}, "negative_binomial": {}, "logistic_mixture": {},
}  # fmt: skip
NAMES_OF_MODELS = [*sorted(MODELS), *sorted(MODELS.keys() - {"logistic_mixture"}), "bernoulli"]
TYPES = ["?", "u1", "i1", "<u2", ">i2", "i4", "u8", "f2", ">f4", "f4", "f8"]


@st.composite
def cases(draw):
    """A likelihood, observations that it has, and rows per chunk."""
    name, shape = draw(st.sampled_from(NAMES_OF_MODELS)), draw(st.sampled_from([(1,), (6,), (2, 3), (2, 2, 1)]))
    values = class_of(name)(**MODELS[name]).values(40 if name in ("poisson", "negative_binomial") else None)
    fits = [one for one in TYPES if (values.astype(one) == values).all() and (one != "?" or len(values) == 2)]
    n, dtype = draw(st.integers(1, 8)), draw(st.sampled_from(fits))
    places = draw(hnp.arrays(np.int64, (n, *shape), elements=st.integers(0, len(values) - 1)))
    return name, values[places].astype(dtype), draw(st.integers(1, 9))


@pytest.fixture(scope="module")
def prepared_once():
    """Make the exact networks of a model once: that takes longer than the coding of a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "CodingModel", functools.cache(CodingModel))
        yield


def comes_back(prepared_once, case):
    name, x, rows_per_chunk = case
    vae = model(name, shape=x.shape[1:], **MODELS[name])
    assert_same(decompress(vae, compress(vae, x, rows_per_chunk=rows_per_chunk)), x)


FREELY = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
some, many = (settings(max_examples=n, **FREELY)(given(cases())(comes_back)) for n in (2000, 10_000))
test_two_thousand_small_arrays_come_back = pytest.mark.slow(some)
test_ten_thousand_small_arrays_come_back = pytest.mark.rare(many)


@pytest.mark.slow
def test_every_flip_of_a_bit_is_refused_or_does_no_harm():
    archive = compress(model(), binary(1600), rows_per_chunk=500)
    assert 1900 < len(archive) < 2200
    for place in range(len(archive)):
        for bit in range(8):
            damaged = bytearray(archive)
            damaged[place] ^= 1 << bit
            with pytest.raises(InputError):
                decompress(model(), damaged)


NAMES = ["height", "width", "depth", "weight"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a table of counts, with modules above, and the table's frame with a column of labels."""
    frame = pd.DataFrame(RNG.integers(0, 9, (60, 4)), columns=NAMES)
    frame.insert(2, "kind", ["a", "b"] * 30)
    folder = tmp_path_factory.mktemp("run")
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    keys = [
        f"data.path={path}",
        "data.label_column=kind",
        "data.scale=none",
        "model.likelihood={name: binomial, n: 9}",
    ]
    save_run(folder / "run", "data=file", *keys, "prior=gmm", "prior.n_components=2")
    return kvae.open_run(folder / "run"), frame, path


def test_a_run_takes_data_as_it_came(run):
    run, frame, path = run
    x = frame[NAMES].to_numpy()
    assert_same(run.decompress(run.compress(x)), x)
    mixed = frame[["weight", "kind", "depth", "width", "height"]].set_index("depth", drop=False)
    archive = run.compress(mixed, rows_per_chunk=25)
    assert Reader(archive).header.messages
    assert_frame_equal(run.decompress(archive), mixed)
    assert_frame_equal(run.decompress(archive, rows=(20, 30)), mixed[20:30])
    assert_polars_equal(
        run.decompress(run.compress(pl.from_dict(frame.to_dict("list")))), pl.from_dict(frame.to_dict("list"))
    )
    assert run.decompress(run.compress(path)) == path.read_bytes()
    with pytest.raises(ValueError, match="lacks 1 of the 4 columns that the run learnt: width"):
        run.compress(frame.drop(columns="width"))


def test_a_run_and_its_model_are_one_model(run):
    run, frame, _ = run
    x = frame[NAMES].to_numpy()
    assert Reader(run.compress(x)).header.model != ""
    with pytest.raises(ValueError, match="a run has its own prior"):
        compress(run, x, prior_mu=np.zeros((60, 2)))
    archive = compress(run.model, x.astype(np.float32))
    np.testing.assert_array_equal(decompress(run, archive), x)
