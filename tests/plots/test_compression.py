import numpy as np
import pytest

from kvae import plots

rng = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 4, 3), (3,), (300,), (6, 5, 2)])
@pytest.mark.parametrize("n", [1, 4, 100])
def test_the_ends_stand_beside_the_bits(shape, n):
    x, bits = rng.random((n, *shape)), rng.gamma(9.0, 20.0, n)
    order, k = np.argsort(bits), min(n, 5)
    names = [*order[:k].tolist(), *order[::-1][:k].tolist()]
    fig = plots.bits_per_row(bits, 170.0, x[order[:k]], x[order[::-1][:k]], names)
    fig.canvas.draw()
    texts = [text.get_text() for axis in fig.axes for text in [axis.title, *axis.get_yticklabels()]]
    shown = [text for text in texts if text.startswith("row ")]
    assert len(shown) == 2 * k
    assert [text.replace(":", "").split()[1] for text in shown] == [str(name) for name in names]
    assert f"{bits.max():,.0f} bits" in shown[k] and f"{bits.min():,.0f} bits" in shown[0]
    heights = sum(patch.get_height() for axis in fig.axes for patch in axis.patches)
    assert heights == n


def test_the_smallest_comes_first():
    fig = plots.compressors({"kvae": 1.5}, {"xz": 2.0, "bz2": 1.0})
    fig.canvas.draw()
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["bz2", "kvae", "xz"]
    assert [patch.get_width() for patch in fig.axes[0].patches] == [1.0, 1.5, 2.0]
    assert fig.axes[0].patches[1].get_facecolor() != fig.axes[0].patches[0].get_facecolor()
