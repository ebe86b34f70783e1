"""A run whose held-out loss was lowest early says so."""

import numpy as np
import pytest

from kvae.schedules import linear_warmup
from kvae.training.overfitting import overfitting

NOISE = np.random.default_rng(0).normal(0, 0.02, 100)


def history(losses):
    return [{"iteration": 2 * i + 2, "loss": 1.0, "val_loss": loss} for i, loss in enumerate(losses)]


def falls_and_rises(best, rise, n=100):
    i = np.arange(n)
    return 10 + np.where(i < best, best - i, rise * (i - best) / (n - best))


def test_it_says_when_and_how_far_and_what_to_type():
    assert overfitting(history(falls_and_rises(20, 5.0)), 200) == (
        "the model overfits: val_loss was 10.00 after 42 iterations, and rose to 14.66. "
        "Type train.patience=20 to stop soon after that, with the best weights"
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        (falls_and_rises(20, 0.6), True),
        (falls_and_rises(20, 0.4), False),
        (falls_and_rises(0, 5.0), True),
        (falls_and_rises(60, 5.0), False),
        (20 - np.arange(100) / 10, False),
        (falls_and_rises(20, 1.0) + NOISE, True),
        (np.where(np.arange(100) == 20, 9.5, 11.0) + 20 * NOISE, False),
        (np.where(np.arange(100) == 20, 9.5, 11.0) + NOISE, True),
        (falls_and_rises(2, 5.0, 9), False),
        ([], False),
    ],
)
def test_small_late_and_noisy_rises_are_no_word_worth(losses, said):
    assert (overfitting(history(losses), 200) is not None) == said


def test_without_held_out_rows_nothing_is_said():
    assert overfitting([{"iteration": i, "loss": 1.0} for i in range(1, 100)], 99) is None


def test_losses_under_another_kl_term_are_not_compared():
    rises_with_the_kl = history(falls_and_rises(0, 5.0, 25).tolist() + [15.0] * 75)
    assert overfitting(rises_with_the_kl, 200) is not None
    assert overfitting(rises_with_the_kl, 200, linear_warmup) is None
    later = history([1.0] * 24 + falls_and_rises(20, 5.0, 76).tolist())
    assert "after 90 iterations" in overfitting(later, 200, linear_warmup)
