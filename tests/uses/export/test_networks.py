"""Exported networks give NaN for rows with NaN, also where a runtime would turn it into an ordinary number."""

import numpy as np
import pytest

from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.model import VAE
from kvae.uses.export.formats import conversion_errors, format_named, written
from kvae.uses.export.networks import serving_decoder, serving_encoder

NEEDS = {"saved_model": "tensorflow", "onnx": "onnxruntime", "litert": "ai_edge_litert"}


@pytest.mark.parametrize("name", NEEDS)
def test_rows_with_nan_give_nan(name, tmp_path):
    pytest.importorskip(NEEDS[name], reason="the extra [export] is not installed")
    chosen, shape = format_named(name), (2, 2, 1)
    vae = VAE(mlp_encoder(shape, 2, 8), mlp_decoder(shape, 2, 8), seed=0)
    networks = (
        serving_encoder(vae, InputSpec(shape, Scaling("minmax"), "threshold")),
        serving_decoder(vae, InputSpec(shape, Scaling(), "none")),
    )
    for end, network, given in zip(("x", "z"), networks, (np.ones((3, *shape)), np.ones((3, 2))), strict=True):
        given = given.astype(np.float32)
        given[1].flat[0] = np.nan
        with conversion_errors(chosen):
            served = written(network, tmp_path / f"{end}{chosen.suffix}", chosen)
        for values in served({end: given}).values():
            rows = np.isnan(values.reshape(3, -1))
            assert rows[1].all() and not rows[[0, 2]].any()
