"""Experts as a module: several VAEs under one, each of which hears what the others see."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.experts.kinds import KINDS
from kvae.modules.experts.messages import ExpertMessages
from kvae.modules.experts.results import ExpertResults
from kvae.modules.hooks import Messages, Sent
from kvae.modules.parameters import check_flag, check_number, check_share, check_whole, check_word

DIVISORS = ("prior", "messages")
MESSAGES = ("diag", "mean")
MOST_SUBSETS = 10  # modules of `mopoe`, which has 2^M - 1 products


class Experts(ExpertMessages, ExpertResults):
    """Joins VAEs of one `latent_dim`, each of a modality of its own: a multimodal VAE of parts that train apart.

    Forward message: the mean of the joint posterior `(n, latent_dim)`, and its variances. Backward message: to
    each VAE a `Gaussian` of its code as the other VAEs, and what is above, have it. From above it takes means
    `(n, latent_dim)` or `Gaussian`s, in place of N(0, I). Rows of NaN lack a modality, and take part with what
    they have.

    Args:
        kind: `poe`: the product of the others (Wu and Goodman 2018); `moe`: their mixture (Shi et al. 2019);
            `mopoe`: the mixture of the products of all subsets (Sutter et al. 2021). A mixture is sent as the
            Gaussian of its mean and variances.
        weights: One for each observed module, above 0: powers in products, shares in `moe`; None: 1 for all.
        name: Names the folder.
        mode: `learn` or `recog`.
        align: Whether to turn the codes of all VAEs into the frame of the first, in every update.
        divide: What a posterior is divided by before it is multiplied with others: N(0, I) (`prior`), or
            also the mean precision of the messages that its VAE learnt with (`messages`).
        message: `diag`: the variances are sent with the means; `mean`: the variances sent are 1.
        damping: Share of the message before in each new one, from 0 to below 1.
        ramp: Updates over which messages grow to their full strength.
        floor: The least variance of an expert, above 0 and at most 1.
        folder: As in `Module`.
    """

    def __init__(
        self,
        kind: str = "poe",
        weights: Sequence[float] | None = None,
        name: str = "experts",
        mode: str = "learn",
        *,
        align: bool = True,
        divide: str = "prior",
        message: str = "diag",
        damping: float = 0.0,
        ramp: int = 0,
        floor: float = 0.001,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_word("kind", kind, KINDS)
        check_word("divide", divide, DIVISORS)
        check_word("message", message, MESSAGES)
        check_flag("align", align)
        check_share("damping", damping, "a number >= 0 and < 1", lambda value: 0 <= value < 1)
        check_whole("ramp", ramp, lowest=0)
        check_share("floor", floor, "a number > 0 and <= 1", lambda value: 0 < value <= 1)
        if weights is not None and (isinstance(weights, str) or not np.ndim(weights) == 1 or len(weights) < 2):
            raise InputError(f"weights must be a list of numbers > 0. Received: weights={weights!r}")
        for weight in () if weights is None else weights:
            check_number("weights", weight, above=True)
        self.kind, self.align, self.divide, self.message = kind, align, divide, message
        self.damping, self.ramp, self.floor = damping, ramp, floor
        self.weights = None if weights is None else np.asarray(weights, float)
        self.maps: np.ndarray | None = None
        self.contained: np.ndarray | None = None
        self.var: np.ndarray | None = None

    def connect(self, *observed: Any) -> None:
        if self.kind == "mopoe" and len(observed) > MOST_SUBSETS:
            raise InputError(
                f"{self.name}: kind=mopoe is for at most {MOST_SUBSETS} modules, since it has a product for every "
                f"subset of them. Received: {len(observed)}"
            )
        super().connect(*observed)

    def update(self, write: bool = True) -> None:
        """Learn the joint frame, or in mode `recog` only infer; send messages. Draws no random numbers.

        Writes the files of `write` unless told not to.

        Raises:
            InputError: For less than two modules, codes of different widths or without variances, or in mode
                `recog` when nothing was learnt.
        """
        codes = self.get_observations()
        sent = [Sent(z, module.get_forward_var()) for z, module in zip(codes, self.observed, strict=True)]
        above, before = self.get_backward_msg(), self._sent
        if self.mode == "learn":
            means, variances = self.posteriors(sent)
            self.fit(means)
            self.updates += 1
            found = self.messages(means, variances, above)
            pairs = zip(found.backward, before or [None] * len(codes), strict=True)
            backward = [self.damped(message, last, self.damping) for message, last in pairs]
            found = Messages(found.forward, backward, found.var)
        else:
            found = self.infer_from(sent, above)
        self.take(found)
        self.send_backward_msgs(found.backward)
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def take(self, messages: Messages) -> None:
        super().take(messages)
        self.var = messages.var

    def get_forward_var(self) -> np.ndarray | None:
        """Variances of the joint posterior, `(n, latent_dim)`."""
        return self.var

    def state(self) -> dict[str, np.ndarray]:
        assert self.maps is not None and self.contained is not None and self.var is not None
        own = {"maps": self.maps, "contained": self.contained, "var": self.var}
        return super().state() | own

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        maps, contained = arrays["maps"], arrays["contained"]
        if maps.ndim != 3 or contained.shape != maps.shape[:2] or len(maps) != len(self.observed):
            raise InputError(
                f"{self.name} learnt from {len(maps)} modules. It now observes {len(self.observed)}"
                if maps.ndim == 3 and contained.shape == maps.shape[:2]
                else f"the state of {self.name} has arrays that do not fit each other"
            )
        super().resume(arrays)
        self.maps, self.contained, self.var = maps, contained, arrays["var"]
