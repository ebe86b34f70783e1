"""The loss and its terms, as they are reported, and the bound in bits."""

import math
from collections.abc import Mapping

from kvae.metrics.meaning import Meaning, measures

NATS = "nats per observation"


@measures(
    loss=Meaning(
        "Loss",
        "What is minimised: reconstruction + KL_param × kl, and regularization if any.",
        NATS,
        "lower",
        rank=3,
        mean=True,
    ),
    reconstruction=Meaning(
        "Reconstruction",
        "Expected −log p(x|z): what the latent code leaves unsaid of an observation.",
        NATS,
        "lower",
        mean=True,
    ),
    kl=Meaning(
        "KL divergence", "KL(q(z|x) ‖ prior): what the latent code says of an observation.", NATS, mean=True
    ),
    regularization=Meaning(
        "Regularization",
        "What layers add to the loss, such as penalties on weights; no part of the bound, and in no score.",
        NATS,
        mean=True,
    ),
)
def losses(evaluated: Mapping[str, float]) -> dict[str, float]:
    """Of what Keras's `evaluate` gives, the loss and its terms, in nats per observation."""
    return {name: evaluated[name] for name in losses.measures if name in evaluated}  # type: ignore[attr-defined]


@measures(
    bits_per_dim=Meaning(
        "Bits per dimension",
        "Reconstruction + kl per dimension of the data; of the held-out rows where a learnt run has some. "
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
    from kvae.objective import elbo  # with Keras, which a sweep that reads metrics need not import

    return -elbo(reconstruction, kl) / (math.prod(shape) * math.log(2.0))
