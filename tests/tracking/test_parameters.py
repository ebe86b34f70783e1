from kvae.config import compose
from kvae.tracking.parameters import parameters


def test_every_key_is_there_as_one_types_it_but_those_of_tracking():
    found = parameters(compose("model.hidden_encoder_dim=[400,200]", "train.itr=7").plain)
    assert found["model.hidden_encoder_dim"] == "[400, 200]"
    assert found["train.itr"] == 7 and found["mode.x_hat"] is True and found["seed"] == 0
    assert found["train.batch_size"] == "null"
    assert found["model.encoder._target_"] == "kvae.layers.mlp_encoder"
    assert not [name for name in found if name.startswith("tracking")]
