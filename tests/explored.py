"""Runs with something to explore, for tests of the page."""

import json

import numpy as np

from kvae import VAE
from kvae.data import InputSpec, Part, Scaling
from kvae.explorer.exploration import Exploration
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.runs import RunFolder


def learnt(shape=(4, 3, 1), latent_dim=3, likelihood="bernoulli", decoder=None, spread=0.5):
    """A VAE whose decoder gives something to see, though it has learnt nothing."""
    decoder = decoder or mlp_decoder(shape, latent_dim, 8, weight_stddev=spread)
    vae = VAE(mlp_encoder(shape, latent_dim, 8), decoder, likelihood=likelihood, seed=0)
    rng = np.random.default_rng(0)
    for weight in vae.decoder.weights:
        if weight.path.endswith(("bias", "beta", "moving_mean")):
            weight.assign(rng.normal(scale=0.3, size=weight.shape))
        if weight.path.endswith(("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.5, 1.5, size=weight.shape))
    return vae


def run_of(path, vae, n=30, labels=None, spec=None, x=None):
    """The folder of a run that can be explored, without a page."""
    folder = RunFolder(path)
    folder.write_run({"name": "vae", "mode": {"name": "learn"}, "data": {"name": "digits"}})
    (path / ".hydra").mkdir()
    (path / ".hydra" / "overrides.yaml").write_text(json.dumps([]))
    x = np.random.default_rng(1).random((n, *vae.data_shape), np.float32) if x is None else x
    part = Part(x, np.arange(n) % 4 if labels is None else labels)
    exploration = Exploration(vae, part, spec or InputSpec(vae.data_shape, Scaling(), "none"), {})
    z_mean, z_log_var = vae.encode(x)
    exploration.add(0, x, z_mean, z_log_var, vae.decode(z_mean))
    exploration.write(folder.vae, "learn")
    return folder
