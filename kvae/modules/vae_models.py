"""Build the model that the parameters of a `kvae.modules.VAE` describe."""

from typing import Any

import keras

from kvae import model as models
from kvae.likelihoods.lookup import get_likelihood
from kvae.networks.mlp import mlp_decoder, mlp_encoder


def new_model(module: Any, data_shape: tuple[int, ...]) -> models.VAE:
    """The compiled model of a `kvae.modules.VAE` for observations of a shape; draws its weights from `seed`."""
    keras.utils.set_random_seed(module.seed)
    likelihood = get_likelihood(module.likelihood)
    model = models.VAE(
        mlp_encoder(data_shape, module.latent_dim, module.hidden_encoder_dim, module.weight_stddev),
        mlp_decoder(
            likelihood.param_shape(data_shape), module.latent_dim, module.hidden_decoder_dim, module.weight_stddev
        ),
        KL_param=module.KL_param,
        likelihood=likelihood,
        seed=module.seed,
        name=module.name,
    )
    model.compile(keras.optimizers.Adam(module.learning_rate))
    model.optimizer.build(model.trainable_variables)
    return model
