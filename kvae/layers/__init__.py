"""What a VAE is made of: sampling, the KL, encoders, decoders and likelihoods."""

from kvae.layers.conv import conv_decoder, conv_encoder
from kvae.layers.likelihoods import LIKELIHOODS, Bernoulli, Gaussian, Likelihood
from kvae.layers.mlp import mlp_decoder, mlp_encoder
from kvae.layers.sampling import Sampling
from kvae.objective import gaussian_kl

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Gaussian",
    "Likelihood",
    "Sampling",
    "conv_decoder",
    "conv_encoder",
    "gaussian_kl",
    "mlp_decoder",
    "mlp_encoder",
]
