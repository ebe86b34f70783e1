import inspect

import keras
import numpy as np
import pytest

from kvae.config import compose
from kvae.layers import conv_decoder, conv_encoder, mlp_decoder, mlp_encoder


def n_weights(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize("shape", [(6,), (4, 5, 3)])
@pytest.mark.parametrize("hidden", [7, [7, 5]])
def test_mlp_shapes(shape, hidden):
    encoder, decoder = mlp_encoder(shape, 2, hidden), mlp_decoder(shape, 2, hidden)
    z_mean, z_log_var = encoder(np.zeros((3, *shape), np.float32))
    assert z_mean.shape == z_log_var.shape == (3, 2)
    assert decoder(z_mean).shape == (3, *shape)


def test_mlp_counts_of_the_guide():
    assert n_weights(mlp_encoder((784,), 20, 400, None)) == 784 * 400 + 400 + 2 * (400 * 20 + 20)
    assert n_weights(mlp_decoder((784,), 20, 400, None)) == 20 * 400 + 400 + 400 * 784 + 784


def test_weight_stddev_is_that_of_the_initial_weights():
    keras.utils.set_random_seed(0)
    kernel = np.asarray(mlp_encoder((300,), 2, 300, weight_stddev=0.1).get_layer("hidden_1").kernel)
    assert abs(kernel.std() - 0.1) < 5 * 0.1 / np.sqrt(2 * kernel.size)
    glorot = np.asarray(mlp_encoder((300,), 2, 300, weight_stddev=None).get_layer("hidden_1").kernel)
    assert np.abs(glorot).max() <= np.sqrt(6 / 600)


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 5, 3), (28, 28, 1), (1, 9, 1)])
@pytest.mark.parametrize("filters", [[4], [4, 6], [4, 6, 8]])
def test_conv_takes_any_height_and_width(shape, filters):
    encoder = conv_encoder(shape, 2, filters, 8)
    decoder = conv_decoder(shape, 2, filters, 8)
    z_mean, z_log_var = encoder(np.zeros((3, *shape), np.float32))
    assert z_mean.shape == z_log_var.shape == (3, 2)
    assert decoder(z_mean).shape == (3, *shape)


def test_conv_needs_images():
    with pytest.raises(ValueError, match=r"\(height, width, channels\).*data_shape=\(6,\)"):
        conv_encoder((6,), 2)


@pytest.mark.parametrize(("shape", "rows", "columns"), [((9, 7, 1), 3, 2), ((8, 8, 1), 2, 2), ((1, 13, 1), 1, 4)])
def test_the_smallest_grid_of_the_decoder_is_rounded_up(shape, rows, columns):
    decoder = conv_decoder(shape, 2, [5, 6], 8)
    assert decoder.get_layer("grid").output.shape == (None, rows, columns, 6)
    excess = (4 * rows - shape[0], 4 * columns - shape[1])
    assert decoder.get_layer("params").cropping == ((0, excess[0]), (0, excess[1]))


@pytest.mark.parametrize(
    ("option", "functions"), [("conv", (conv_encoder, conv_decoder)), ("mlp", (mlp_encoder, mlp_decoder))]
)
def test_the_defaults_of_functions_and_of_the_config_agree(option, functions):
    """Defaults that Serket or the configs have; only the tests of the command line would see others."""
    config = compose(f"model={option}").model
    for function in functions:
        names = inspect.signature(function).parameters
        for name in names.keys() & {"filters", "hidden_encoder_dim", "hidden_decoder_dim", "weight_stddev"}:
            ours = names[name].default
            assert (list(ours) if isinstance(ours, tuple) else ours) == getattr(config, name)


@pytest.mark.parametrize("network", [mlp_encoder, mlp_decoder, conv_encoder, conv_decoder])
@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"latent_dim": 0}, "`latent_dim` must be an integer >= 1. Received: latent_dim=0"),
        ({"latent_dim": 2.0}, "`latent_dim` must be an integer >= 1. Received: latent_dim=2.0"),
        ({"hidden": 0}, r"`hidden_..coder_dim` must be an integer >= 1. Received: hidden_..coder_dim=0"),
        ({"hidden": [4, -1]}, r"`hidden_..coder_dim` must be an integer >= 1"),
        ({"hidden": "4"}, r"`hidden_..coder_dim` must be an integer >= 1"),
        ({"weight_stddev": -1.0}, "`weight_stddev` must be a finite number > 0. Received: weight_stddev=-1.0"),
        ({"data_shape": (4, 0, 1)}, "`data_shape` must be the shape of an observation"),
        ({"data_shape": (None, 4, 1)}, "`data_shape` must be the shape of an observation"),
    ],
)
def test_arguments_out_of_range(network, keywords, text):
    arguments = {"data_shape": (4, 4, 1), "latent_dim": 2, **keywords}
    if "hidden" in arguments:
        which = "encoder" if "encoder" in network.__name__ else "decoder"
        arguments[f"hidden_{which}_dim"] = arguments.pop("hidden")
    with pytest.raises(ValueError, match=text):
        network(**arguments)


@pytest.mark.parametrize("network", [conv_encoder, conv_decoder])
def test_filters_out_of_range(network):
    for filters, text in (([], "at least one. Received"), ([0], "`filters` must be an integer >= 1. Received")):
        with pytest.raises(ValueError, match=text):
            network((4, 4, 1), 2, filters=filters)
