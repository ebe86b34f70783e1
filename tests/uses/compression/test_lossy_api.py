"""Lossy archives as people use them: every type and likelihood, runs, rows alone, damage, and what is refused."""

import functools
import json

import keras
import numpy as np
import pandas as pd
import pytest
from learnt import save_run

import kvae
from kvae.errors import InputError
from kvae.likelihoods.lookup import class_of
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses import compress, decompress
from kvae.uses.compression.archive import Reader
from tests.likelihoods.cases import CASES

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

SHAPE = (6,)
RNG = np.random.default_rng(0)


@functools.cache
def model(name="bernoulli", seed=0, **keys):
    """A small VAE with large random weights."""
    keras.utils.set_random_seed(seed)
    likelihood = class_of(name)(**keys)
    decoder = mlp_decoder(likelihood.param_shape(SHAPE), 2, 8, weight_stddev=0.6)
    return kvae.VAE(mlp_encoder(SHAPE, 2, 8, weight_stddev=0.6), decoder, likelihood=likelihood)


def normal(n=50):
    return RNG.normal(size=(n, *SHAPE))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_likelihood_comes_back_in_its_type(case):
    vae = model(case.name, **case.keys)
    x = case.draws(case.usual_params(40, SHAPE[0])).astype(np.float32)
    archive = compress(vae, x, lossy=True, bits=5)
    found = decompress(vae, archive)
    assert (found.shape, found.dtype) == (x.shape, x.dtype) and np.isfinite(found).all()
    assert Reader(archive).header.lossy == {"bits": 5}
    assert np.array_equal(decompress(vae, archive), found)


@pytest.mark.parametrize("dtype", ["u1", ">i2", "i8", "f2", ">f4", "f8", "?"])
def test_arrays_of_every_type_come_back_in_it(dtype):
    x = (RNG.random((30, *SHAPE)) < 0.5).astype(dtype)
    found = decompress(model(), compress(model(), x, lossy=True))
    assert (found.dtype, found.shape) == (x.dtype, x.shape)
    assert x.dtype.kind == "f" or set(np.unique(found)) <= {0, 1}


def test_bits_are_four_unless_said_and_more_of_them_are_nearer():
    vae, x = model("gaussian"), normal(300)
    assert compress(vae, x, lossy=True) == compress(vae, x, lossy=True, bits=4)
    wanted = vae.reconstruct(x)
    sizes, off = [], []
    for bits in (2, 6, 10):
        archive = compress(vae, x, lossy=True, bits=bits)
        sizes.append(len(archive))
        off.append(float(np.abs(decompress(vae, archive) - wanted).mean()))
    assert sizes == sorted(sizes) and off == sorted(off, reverse=True)


def test_rows_alone_are_those_of_the_whole():
    vae, x = model("gaussian"), normal(100)
    archive = compress(vae, x, lossy=True, bits=6, rows_per_chunk=30)
    whole = decompress(vae, archive)
    assert np.array_equal(decompress(vae, archive, rows=(25, 65)), whole[25:65])
    assert decompress(vae, archive, rows=(7, 7)).shape == (0, *SHAPE)
    assert decompress(vae, compress(vae, x[:1], lossy=True)).shape == (1, *SHAPE)


def test_the_model_inside_opens_it_alone():
    vae, x = model("laplace"), normal()
    archive = compress(vae, x, lossy=True, with_model=True)
    assert np.array_equal(decompress(None, archive), decompress(vae, archive))


def test_messages_are_taken_and_not_stored():
    vae, x = model("gaussian"), normal()
    archive = compress(vae, x, RNG.normal(size=(50, 2)), np.full((50, 2), 0.5), lossy=True)
    assert not Reader(archive).header.messages
    assert decompress(vae, archive).shape == x.shape


def test_a_damaged_chunk_loses_only_itself():
    vae, x = model("gaussian"), normal(90)
    archive = bytearray(compress(vae, x, lossy=True, rows_per_chunk=30))
    whole = decompress(vae, bytes(archive))
    place = Reader(bytes(archive)).places[1]
    archive[place.offset + place.size // 2] ^= 4
    with pytest.raises(InputError, match="damaged"):
        decompress(vae, bytes(archive))
    with pytest.warns(UserWarning, match="rows 30 to 59 are lost"):
        found = decompress(vae, bytes(archive), salvage=True)
    assert np.array_equal(found, np.delete(whole, np.s_[30:60], axis=0))


def test_another_decoder_is_refused_and_another_encoder_is_not():
    """Decoding needs no encoder: what another one wrote opens, as long as the decoder is the same."""
    vae, x = model("gaussian"), normal()
    archive = compress(vae, x, lossy=True)
    with pytest.raises(InputError, match="another model: its fingerprint is"):
        decompress(model("gaussian", 1), archive)
    other = kvae.VAE(model("gaussian", 1).encoder, vae.decoder, likelihood=vae.likelihood)
    assert np.array_equal(decompress(other, archive), decompress(vae, archive))


@pytest.mark.parametrize("bits", [0, 17, 1.5, "x"])
def test_wrong_bits_are_refused(bits):
    with pytest.raises(ValueError) as error:
        compress(model(), np.zeros((3, *SHAPE)), lossy=True, bits=bits)
    assert str(error.value) == (
        f"`bits` must be an integer from 1 to 16, the bits per latent dimension. Received: bits={bits!r}"
    )


def test_bits_without_lossy_are_refused():
    with pytest.raises(ValueError, match=r"pass lossy=True as well. Received: bits=4"):
        compress(model(), np.zeros((3, *SHAPE)), bits=4)
    with pytest.raises(ValueError, match=r"`lossy` must be True or False. Received: lossy='yes'"):
        compress(model(), np.zeros((3, *SHAPE)), lossy="yes")


def test_a_run_gives_tables_back_with_their_names(tmp_path):
    names = ["width", "height", "depth"]
    frame = pd.DataFrame(RNG.normal(size=(60, 3)) * [1.0, 100.0, 0.01], columns=names).astype(
        {"depth": np.float32}
    )
    frame["height"] = frame["height"].round().astype(np.int16)
    frame["who"] = [f"row {i}" for i in range(60)]
    frame.to_csv(tmp_path / "mine.csv", index=False)
    keys = (f"data.path={tmp_path / 'mine.csv'}", "data.scale=standard", "data.columns=[width,height,depth]")
    save_run(tmp_path / "run", "data=file", *keys, "model.likelihood=gaussian_learnt")
    run = kvae.open_run(tmp_path / "run")
    found = decompress(run, compress(run, frame, lossy=True, bits=8))
    assert found.dtypes.to_dict() == frame.dtypes.to_dict() and list(found) == list(frame)
    assert found["who"].tolist() == frame["who"].tolist()
    text = decompress(run, compress(run, tmp_path / "mine.csv", lossy=True)).decode().splitlines()
    assert text[0] == "width,height,depth,who" and len(text) == 61
    assert text[5].endswith(",row 4") and "." not in text[5].split(",")[1]


def test_the_header_is_plain_and_says_what_it_is():
    header = Reader(compress(model("gaussian"), normal(), lossy=True, bits=7)).header
    assert header.lossy == {"bits": 7} and header.precision == ()
    assert json.dumps(header.form)
