"""The loss and its terms, as reported, and the evidence lower bound in bits per dimension."""

import math
from collections.abc import Mapping

from kvae.metrics.meaning import Meaning, measures

NATS = "nats per observation"


@measures(
    loss=Meaning(
        "Loss",
        "The minimised objective: reconstruction + KL_param × kl, plus regularization if any.",
        NATS,
        "lower",
        rank=3,
        mean=True,
    ),
    reconstruction=Meaning(
        "Reconstruction",
        "Expected −log p(x|z): the negative log-likelihood of an observation, given its code.",
        NATS,
        "lower",
        mean=True,
    ),
    kl=Meaning(
        "KL divergence", "KL(q(z|x) ‖ prior): the information in the code of an observation.", NATS, mean=True
    ),
    regularization=Meaning(
        "Regularization",
        "What layers add to the loss, such as penalties on weights; not part of the bound or of any score.",
        NATS,
        mean=True,
    ),
)
def losses(evaluated: Mapping[str, float]) -> dict[str, float]:
    """The loss and its terms in the result of Keras's `evaluate`, in nats per observation."""
    return {name: evaluated[name] for name in losses.measures if name in evaluated}  # type: ignore[attr-defined]


@measures(
    bits_per_dim=Meaning(
        "Bits per dimension",
        "Reconstruction + kl per dimension of the data; after learning, on the held-out rows if there are any. "
        "Negative values are possible for continuous data.",
        "bits",
        "lower",
        rank=2,
        mean=True,
    )
)
def bits_per_dim(reconstruction: float, kl: float, shape: tuple[int, ...]) -> float:
    """The negative evidence lower bound in bits per dimension of the data, from nats per observation.

    For continuous data it counts the density of the scaled data, and may be negative.
    """
    from kvae.objective import elbo  # it imports Keras: a sweep that reads metrics does without

    return -elbo(reconstruction, kl) / (math.prod(shape) * math.log(2.0))
