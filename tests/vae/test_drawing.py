"""Draws of one model in several threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest


@pytest.mark.parametrize(
    "draw",
    [
        lambda vae, x, seed: vae.sample_posterior(x, seed=seed, batch_size=8),
        lambda vae, x, seed: vae.generate(40, seed=seed, batch_size=8),
        lambda vae, x, seed: vae.sample_likelihood(x[:, :2], seed=seed, batch_size=8),
        lambda vae, x, seed: vae.elbo(x, seed=seed, batch_size=8),
        lambda vae, x, seed: vae.log_prob(x, 20, seed=seed, batch_size=8),
        lambda vae, x, seed: vae.draws_needed(x, 0.1, 30, seed=seed, batch_size=8),
    ],
    ids=["sample_posterior", "generate", "sample_likelihood", "elbo", "log_prob", "draws_needed"],
)
def test_a_seed_gives_its_draws_in_every_thread(make_vae, x, draw):
    vae = make_vae()
    alone = [draw(vae, x, seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: draw(vae, x, seed), range(8)))
    for one, other in zip(alone, found, strict=True):
        np.testing.assert_array_equal(one, other)
