import numpy as np
import pytest

from kvae.metrics.lossy import Distortion, lossy_sizes
from kvae.metrics.meaning import of_kvae
from kvae.metrics.reconstructions import mse, psnr

rng = np.random.default_rng(0)


def test_errors_of_images_are_those_of_evaluation():
    x, x_hat = rng.integers(0, 256, (2, 30, 8, 8, 1), dtype=np.uint8)
    found = Distortion(255.0)
    found.add(x[:11], x_hat[:11])
    found.add(x[11:], x_hat[11:])
    assert found.means["mse"] == pytest.approx(mse(x, x_hat.astype(float)).mean())
    assert found.means["psnr"] == pytest.approx(psnr(x, x_hat.astype(float), 255.0).mean())


def test_columns_count_by_their_own_range():
    x = rng.normal(size=(50, 3)) * [1.0, 100.0, 0.0]
    found = Distortion(np.ptp(x, axis=0))
    found.add(x, x + np.ptp(x, axis=0) * [0.1, 0.1, 0.0])
    assert found.means["psnr"] == pytest.approx(10 * np.log10(1 / (2 * 0.01 / 3)))


def test_a_copy_counts_as_100_decibels():
    found = Distortion(1.0)
    found.add(np.ones((3, 2)), np.ones((3, 2)))
    assert found.means == {"mse": 0.0, "psnr": 100.0}


def test_sizes_are_in_bits_per_observation():
    found = lossy_sizes(n=50, bits=4, n_bytes=1000, raw_bytes=8000, net_bits=7500.0)
    assert found == {
        "bits": 4,
        "bits_per_observation_net": 150.0,
        "bits_per_observation_gross": 160.0,
        "bytes": 1000,
        "raw_bytes": 8000,
        "ratio": 8.0,
    }
    assert found.keys() <= of_kvae().keys()
