import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes.learn import check_mixture


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (["prior.n_components=500"], "below the number of learning rows, 160. Received: 500"),
        (["train.patience=5"], "train.patience=5 does not go with prior=gmm"),
    ],
)
def test_a_mixture_that_cannot_be_learnt_is_refused(overrides, text):
    with pytest.raises(InputError, match=text):
        check_mixture(compose("prior=gmm", *overrides), 160)
