"""The interface of a likelihood whose values are coded in stages, each given the values of earlier ones."""

from typing import Protocol

import numpy as np

from kvae.exact.array import Exact


class Stage(Protocol):
    """Some values of an observation, independent of each other given z and all values of earlier stages.

    Attributes:
        places: Their indices in the flattened observation; every value is in exactly one stage.
    """

    places: np.ndarray

    def mixtures(self, params: Exact, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Unnormalised probabilities of the levels of its values, as mixtures of a few distributions.

        The same numbers on every machine (`kvae.exact`), whatever number of rows is passed at once.

        Args:
            params: The decoder's output, `(n, *param_shape)`.
            levels: Levels of all values, `(n, *data_shape)`, int32. Only those of earlier stages are known: the
                others must not change the result.

        Returns:
            Weights of the components, `(n, len(places), k)`, and masses of the levels under each, `(k, n_values)`,
            or None where each level is a component. Whole numbers >= 0 in float64; the sum of their products over
            components and levels is from 1 to 2^53.
        """
