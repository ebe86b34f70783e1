"""A VAE as a Keras user writes it, to compare with: nothing of it comes from kvae but the bound and the noise."""

import keras
import numpy as np
from keras import ops

from kvae.layers import Sampling, bounded_log_var


class PlainVAE(keras.Model):
    """A `keras.Model` with a Bernoulli likelihood and a loss of its own, trained by Keras's own `train_step`."""

    def __init__(self, encoder, decoder, seed=0, n_samples=1):
        super().__init__()
        self.encoder, self.decoder, self.sampling = encoder, decoder, Sampling(seed)
        self.n_samples = n_samples

    def call(self, x, training=None):
        z_mean, z_log_var = self.encoder(x, training=training)
        z_log_var = bounded_log_var(z_log_var)
        z = ops.reshape(self.sampling(z_mean, z_log_var, n_samples=self.n_samples), (-1, z_mean.shape[-1]))
        logits = ops.reshape(self.decoder(z, training=training), (self.n_samples, *ops.shape(x)))
        error = ops.maximum(logits, 0) - logits * x + ops.log1p(ops.exp(-ops.abs(logits)))
        kl = 0.5 * ops.sum(z_mean**2 + ops.exp(z_log_var) - 1 - z_log_var, axis=-1)
        error = ops.sum(ops.mean(error, axis=0), axis=range(1, len(x.shape)))
        self.add_loss(ops.mean(error + kl))
        return z_mean


def states(*networks):
    """All that networks hold, weights, moving statistics and states of random generators, as NumPy arrays."""
    return [np.asarray(variable) for network in networks for variable in network.variables]
