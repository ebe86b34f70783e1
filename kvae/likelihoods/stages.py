"""What a likelihood brings whose values are coded in stages, each given the values of those before."""

from typing import Protocol

import numpy as np

from kvae.exact.array import Exact


class Stage(Protocol):
    """Some values of an observation, independent of each other given z and all values of earlier stages.

    Attributes:
        places: Where they are in an observation, as indices into it as one row; every value is in one stage.
    """

    places: np.ndarray

    def mixtures(self, params: Exact, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The probabilities of the levels of its values, in proportion, as mixtures of a few distributions.

        The same numbers on every machine (`kvae.exact`), and for every number of rows at a time.

        Args:
            params: The decoder's output, `(n, *param_shape)`.
            levels: Of all values `(n, *data_shape)`, int32; those of earlier stages are known, others must not
                matter.

        Returns:
            Weights of the components, `(n, len(places), k)`, and masses of the levels under each, `(k, n_values)`;
            None for them where the components are the levels. Whole numbers >= 0 in float64; the products of both,
            summed over components and levels, are from 1 to 2^53.
        """
