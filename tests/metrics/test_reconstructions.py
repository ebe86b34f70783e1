import numpy as np
import pytest

from kvae.metrics import psnr, ssim


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    x = rng.random((3, 12, 14, 3)).astype(np.float32)
    return x, np.clip(x + rng.normal(0, 0.2, x.shape), 0, 1).astype(np.float32)


def test_psnr_by_hand(images):
    x, x_hat = images
    each = [
        20 * np.log10(255) - 10 * np.log10(np.mean((255.0 * (a - b)) ** 2)) for a, b in zip(x, x_hat, strict=True)
    ]
    np.testing.assert_allclose(psnr(255 * x, 255 * x_hat, 255.0), each, rtol=1e-5)
    np.testing.assert_allclose(psnr(x, x_hat, 1.0), each, rtol=1e-5)
    assert psnr(x, x, 1.0).tolist() == pytest.approx([100.0] * 3)


@pytest.mark.parametrize(("side", "window"), [(12, 11), (8, 7), (7, 7)])
def test_ssim_is_tensorflows(images, side, window):
    import tensorflow as tf

    x, x_hat = (array[:, :side, :side] for array in images)
    expected = tf.image.ssim(x, x_hat, 1.0, filter_size=window).numpy()
    np.testing.assert_allclose(ssim(x, x_hat, 1.0), expected, rtol=1e-4)
    np.testing.assert_allclose(ssim(9 * x, 9 * x_hat, 9.0), expected, rtol=1e-4)
    assert ssim(x, x, 1.0).tolist() == pytest.approx([1.0] * 3)
