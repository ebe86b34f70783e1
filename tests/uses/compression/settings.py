"""Opens archives and writes them again in whatever setting a process has; `test_settings` starts it in many.

python -m tests.uses.compression.settings FOLDER '{"jit_compile": true}'
"""

import hashlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np

# Sizes of what is worked on together: none of them may matter.
SIZES = {"kvae.exact.functions.BLOCK": 1000, "kvae.exact.network.NUMBERS_AT_ONCE": 5000}


def likelihoods():
    """Likelihoods of all kinds of coders, by name."""
    return {
        "bernoulli": "bernoulli",
        "binomial": {"name": "binomial", "n": 7},
        "categorical": {"name": "categorical", "n_levels": 5},
        "logistic_mixture": {"name": "logistic_mixture", "n_components": 2, "n_levels": 64},
        "poisson": "poisson",
    }


def make(name):
    """A VAE of convolutions and normalizations with random weights, and 40 rows that are no draws of it."""
    import keras
    from keras import layers as L

    from kvae import VAE
    from kvae.likelihoods.lookup import get_likelihood

    keras.utils.set_random_seed(0)
    likelihood = get_likelihood(likelihoods()[name])
    x = keras.Input((6, 5, 1))
    h = L.LayerNormalization()(L.Conv2D(6, 3, strides=2, padding="same", activation="gelu")(x))
    h = L.Dense(9, "tanh")(L.Flatten()(L.BatchNormalization(moving_variance_initializer="ones")(h)))
    encoder = keras.Model(x, [L.Dense(3)(h), L.Dense(3)(h)])
    z = keras.Input((3,))
    h = L.Reshape((3, 3, 4))(L.Dense(36, "silu")(z))
    h = L.Conv2DTranspose(5, 3, strides=2, padding="same", activation="softplus")(h)
    h = L.Conv2D(likelihood.n_params, 3, padding="same", kernel_initializer="random_normal")(h)
    decoder = keras.Model(z, L.Cropping2D(((0, 0), (0, 1)))(h))
    values = likelihood.values(12 if name == "poisson" else None)
    rows = np.random.default_rng(0).choice(values, (40, 6, 5, 1)).astype(np.float32)
    return VAE(encoder, decoder, likelihood=likelihood), rows


def write(vae, rows):
    """The archive of rows, whose first half has messages in another chunk than the second."""
    from kvae.uses import compress

    mu = np.linspace(-1, 1, 3 * len(rows)).reshape(-1, 3).astype(np.float32)
    return compress(vae, rows, prior_mu=mu, rows_per_chunk=24)


def digests(vae, rows, archive):
    """SHA-256 of what an archive opens to, of the archive written again, and the same of a lossy one."""
    from kvae.uses import decompress

    return [sha(it) for it in (decompress(vae, archive).tobytes(), write(vae, rows))] + lossy_digests(vae, rows)


def lossy_digests(vae, rows):
    """SHA-256 of a lossy archive, and of what it opens to."""
    from kvae.uses import compress, decompress

    archive = compress(vae, rows, lossy=True, bits=7)
    return [sha(it) for it in (archive, decompress(vae, archive).tobytes())]


def sha(content):
    return hashlib.sha256(content).hexdigest()


def main(folder, setting):
    import keras

    importlib.import_module("kvae")  # whose classes are in the files
    if setting.get("sizes"):
        for name, size in SIZES.items():
            module, _, attribute = name.rpartition(".")
            setattr(importlib.import_module(module), attribute, size)
    found = {}
    for path in sorted(Path(folder).glob("*.keras")):
        vae = keras.saving.load_model(path)
        rows = np.load(path.with_suffix(".npy"))
        if "jit_compile" in setting:
            vae.compile(jit_compile=setting["jit_compile"])
            vae.encode(rows)
        found[path.stem] = digests(vae, rows, path.with_suffix(".kvae").read_bytes())
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
