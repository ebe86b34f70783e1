from dataclasses import fields

from kvae.vae.options import options_for

NODE = {"_target_": "kvae.networks.mlp.mlp_encoder", "hidden": [3]}


def model(**node):
    return options_for({"encoder": {**NODE, **node}, "latent_dim": 2}, typed=True)


def test_a_process_makes_the_class_of_the_same_networks_once():
    assert model() is model(hidden=[4])  # values are no part of it
    other = model(own=1)
    assert other is not model() and "own" in {one.name for one in fields(other)}


def test_a_target_that_is_no_function_is_left_to_be_refused():
    values = {"encoder": {"_target_": "kvae.networks.mlp.__dict__", "width": 3}, "decoder": None}
    assert "width" in {one.name for one in fields(options_for(values, typed=True))}
