"""Exported models of tables take rows with gaps; where a format cannot express a column, it says so."""

import keras
import pytest

from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec
from kvae.errors import InputError
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.networks.table_input import TableInput
from kvae.table import TableSpec
from kvae.uses.export.check import Probe, errors_of
from kvae.uses.export.formats import conversion_errors, format_named, written
from kvae.uses.export.networks import serving_decoder, serving_encoder
from tests.likelihoods.columns_of_tables import COLUMNS

NEEDS = {"saved_model": "tensorflow", "onnx": "onnxruntime", "litert": "ai_edge_litert"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDS)
def test_rows_with_gaps_are_served(name, tmp_path):
    pytest.importorskip(NEEDS[name], reason="the extra [export] is not installed")
    columns = tuple(COLUMNS.values())
    n = len(columns)
    spec = InputSpec((n,), Scaling("none"), "none", tuple(column.name for column in columns), TableSpec(columns))
    first, rows = TableInput(columns, 0.3, seed=1, name="table_input"), keras.Input((n,), name="x")
    encoder = keras.Model(rows, mlp_encoder((first.n_features,), 2, 8)(first(rows)), name="encoder")
    likelihood = Table(columns, name="table")
    vae = VAE(encoder, mlp_decoder(likelihood.param_shape((n,)), 2, 8), likelihood=likelihood, seed=0)
    vae.compile("adam", jit_compile=False)
    probe, chosen = Probe.of(vae, spec, 0), format_named(name)
    assert 0 < (probe.x != probe.x).mean() < 1
    with conversion_errors(chosen):
        served = written(serving_encoder(vae, spec), tmp_path / f"encoder{chosen.suffix}", chosen)
        assert max(errors_of(served, {"x": probe.x}, probe.posterior).values()) < 1e-5
    try:
        with conversion_errors(chosen):
            served = written(serving_decoder(vae, spec), tmp_path / f"decoder{chosen.suffix}", chosen)
    except InputError as error:  # LiteRT has no error function, of which a coded column's mean is made
        assert name == "litert" and "mode.format=litert cannot express this model" in str(error)
    else:
        assert max(errors_of(served, {"z": probe.z}, probe.decoded).values()) < 1e-5
