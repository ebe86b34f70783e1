import importlib
import subprocess
import sys

import pytest

from kvae.process.old_names import NOW


@pytest.mark.parametrize("old", NOW)
def test_an_old_name_gives_the_module_that_stands_elsewhere_now(old):
    module, now = importlib.import_module(old), importlib.import_module(NOW[old])
    assert module is now and module.__name__ == module.__spec__.name == NOW[old]


@pytest.mark.slow
def test_names_within_a_package_and_names_of_layers_are_found_in_a_fresh_process():
    code = """
from kvae.mixture.em import COVARIANCES
from kvae.evaluation.code_mixture import fit_codes
from kvae.scores import anomaly_scores
from kvae.layers import Bernoulli, Sampling, conv_encoder, gaussian_kl, mlp_decoder
import kvae.uses.scores
from kvae.training import Training
assert anomaly_scores is kvae.uses.scores.anomaly_scores
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match=r"kvae\.nonsense"):
        importlib.import_module("kvae.nonsense")
    with pytest.raises(ModuleNotFoundError, match=r"kvae\.runs\.nonsense|kvae\.artifacts\.nonsense"):
        importlib.import_module("kvae.artifacts.nonsense")
