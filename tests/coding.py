"""Small models of every discrete likelihood, with random weights, and rows for them."""

import keras
import numpy as np

import kvae
from kvae.likelihoods.lookup import get_likelihood
from kvae.networks.mlp import mlp_decoder, mlp_encoder

DISCRETE = (
    {"name": "bernoulli"},
    {"name": "binomial", "n": 16},
    {"name": "binomial", "n": 255},
    {"name": "beta_binomial", "n": 16},
    {"name": "poisson"},
    {"name": "negative_binomial"},
    {"name": "categorical", "n_levels": 5},
    {"name": "logistic_mixture", "n_components": 2},
)


def name_of(node):
    return "-".join(map(str, node.values()))


def tiny_vae(node="bernoulli", data_shape=(6,), latent_dim=2, seed=0, weight_stddev=0.5, likelihood=None):
    """A VAE of a likelihood with one hidden layer, its weights as they were drawn."""
    keras.utils.set_random_seed(seed)
    likelihood = likelihood or get_likelihood(node)
    encoder = mlp_encoder(data_shape, latent_dim, 8, weight_stddev)
    decoder = mlp_decoder(likelihood.param_shape(data_shape), latent_dim, 8, weight_stddev)
    return kvae.VAE(encoder, decoder, likelihood=likelihood, seed=0)


def some_levels(node, n, data_shape, rng):
    """Levels of rows, from one end of the support to the other."""
    likelihood = get_likelihood(node)
    endless = likelihood.support.step and likelihood.support.highest == np.inf
    return rng.integers(0, 300 if endless else len(likelihood.values()), (n, *data_shape)).astype(np.int32)
