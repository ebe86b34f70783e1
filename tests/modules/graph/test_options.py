"""Wrong networks, each refused in one line when the config is checked: nothing is loaded."""

import copy

import pytest

from kvae.config import compose, instantiate
from kvae.errors import InputError
from kvae.options.schema import check

RIGHT = compose("network=vae_gmm").plain


def checked(change=None, **sections):
    """The config with the modules of the network changed."""
    plain = copy.deepcopy(RIGHT) | sections
    for name, keys in (change or {}).items():
        if keys is None:
            del plain["network"]["modules"][name]
        else:
            plain["network"]["modules"].setdefault(name, {}).update(keys)
    return check(plain, instantiate)


def test_nodes_have_their_keys_and_take_the_others_from_the_run():
    train = RIGHT["train"] | {"itr": 7, "log_every": 3}
    network = checked({"vae1": {"hidden_encoder_dim": 5}}, train=train).network
    assert list(network.nodes) == ["images", "vae1", "gmm1"]
    images, vae, gmm = network.nodes.values()
    assert (images.is_observation, vae.is_vae, gmm.is_observation, gmm.is_vae) == (True, True, False, False)
    assert images.sections["data"].key == "images" and images.sections["data"].test_fraction == 0.2
    assert vae.sections["model"].latent_dim == 18
    assert vae.sections["model"].encoder["hidden_encoder_dim"] == 5  # as ${model.hidden_encoder_dim} would be
    assert (vae.sections["train"].itr, vae.sections["train"].log_every) == (200, 3)
    assert gmm.options.K == 10 and gmm.observed == ["vae1"]


def test_modules_are_put_in_order():
    plain = copy.deepcopy(RIGHT)
    plain["network"]["modules"] = dict(reversed(plain["network"]["modules"].items()))
    assert list(check(plain, instantiate).network.nodes) == ["images", "vae1", "gmm1"]
    two = {"first": {"module": "gmm", "K": 2, "observes": "vae1"}}
    assert list(checked(two).network.nodes) == ["images", "vae1", "gmm1", "first"]


def test_a_run_without_a_network_has_no_nodes():
    assert compose().network.nodes == {}
    plain = {key: value for key, value in RIGHT.items() if key != "network"}  # of an earlier version
    assert check(plain).network.nodes == {}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"vae1": {"observes": "gmm1"}, "images": None}, r"in a circle: vae1 -> gmm1 -> vae1$"),
        ({"vae1": {"observes": "imagse"}}, r"must name .*: images, gmm1\. Received: imagse\. .*mean images\?"),
        ({"gmm1": {"observes": []}}, r"gmm1\.observes is missing: .* There are: images, vae1"),
        ({"gmm1": {"observes": "gmm1"}}, r"gmm1\.observes: a module cannot observe itself\. Received: gmm1"),
        ({"gmm1": {"observes": ["vae1", "vae1"]}}, r"gmm1\.observes names a module twice\. Received: vae1, vae1"),
        ({"images": {"observes": "vae1"}}, r"images\.observes: an observation is data, .* Received: vae1"),
        ({"images": None, "vae1": {"observes": "gmm1"}, "gmm1": {"observes": []}}, r"gmm1\.observes is missing"),
        ({"speech": {"module": "observation"}}, r"network\.modules\.speech is observed by no module"),
        ({"gmm 2": {"module": "gmm", "K": 2, "observes": "vae1"}}, r"letters, digits and _.* Received: 'gmm 2'"),
        ({"vae1": {"module": "vea"}}, r"vae1\.module must be one of .*vae.*\. Received: 'vea'"),
        ({"gm1": {"K": 3}}, r"modules\.gm1 names no module of the network\. .*mean network\.modules\.gmm1\?"),
        ({"gmm1": {"k": 3}}, r"unknown key network\.modules\.gmm1\.k\. Allowed"),
        ({"vae1": {"latent_dm": 3}}, r"unknown key .*latent_dm\. .*mean network\.modules\.vae1\.latent_dim\?"),
        ({"vae1": {"resume": "x"}}, r"unknown key network\.modules\.vae1\.resume"),
        ({"vae1": {"latent_dim": 0}}, r"vae1\.latent_dim must be an integer >= 1\. Received: 0"),
        ({"vae1": {"itr": "many"}}, r"vae1\.itr must be an integer >= 1\. Received: 'many'"),
        ({"images": {"scale": "big"}}, r"images\.scale must be one of none, minmax, standard.* Received: 'big'"),
        ({"images": None, "vae1": None, "gmm1": None}, r"modules must be modules by their names\. Received: \{\}"),
    ],
)  # fmt: skip
def test_wrong_networks_are_refused_in_a_line(change, text):
    with pytest.raises(InputError, match=text) as error:
        checked(change)
    assert "\n" not in str(error.value)


def test_what_goes_beside_a_network():
    with pytest.raises(InputError, match=r"prior must be standard with network=vae_gmm.* Received: prior=gmm"):
        checked(prior=compose("prior=gmm").plain["prior"])
    with pytest.raises(InputError, match=r"mode=evaluate takes a run of one VAE, and network=vae_gmm has several"):
        checked(mode=compose("mode=evaluate").plain["mode"])
    with pytest.raises(InputError, match=r"network\.rounds must be an integer >= 1\. Received: 0"):
        checked(network=RIGHT["network"] | {"rounds": 0})


def test_keys_of_modules_are_typed_as_others_are():
    config = compose("network=vae_gmm", "network.modules.gmm1.ridge=0.5", "network.modules.gmm1.K=3")
    assert (config.network.nodes["gmm1"].options.ridge, config.network.nodes["gmm1"].options.K) == (0.5, 3)
    more = "network.modules.gmm2={module: gmm, K: 2, observes: vae1}"
    assert list(compose("network=vae_gmm", more).network.nodes)[-1] == "gmm2"
    with pytest.raises(InputError, match=r"unknown key network\.modules\.gmm1\.rige.*gmm1\.ridge\?"):
        compose("network=vae_gmm", "network.modules.gmm1.rige=0.5")
