"""The messages to agents: signs, or distributions of signs, as probabilities of the agent's own classes."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.modules.naming_game.chain import normalised
from kvae.modules.naming_game.percept import SMALLEST


def class_called(vocabulary: np.ndarray) -> np.ndarray:
    """The class of each sign, `(K,)`, matched one to one by p(w | c) of an agent's vocabulary `(K, K)`.

    The class numbers of different agents are unrelated, so an agent's vocabulary translates signs (Kuhn 1955).
    """
    used = vocabulary / np.maximum(vocabulary.sum(axis=0), SMALLEST)
    return linear_sum_assignment(-used)[1]


def teaching(signs: np.ndarray, vocabulary: np.ndarray, trust: float) -> np.ndarray:
    """The message that an agent learns with, `(n, K)`: signs `(n,)` as probabilities of its own classes.

    The class of the sign has the probability `trust`, and the other classes share the rest equally.
    """
    k = len(vocabulary)
    message = np.full((len(signs), k), (1.0 - trust) / (k - 1))
    message[np.arange(len(signs)), class_called(vocabulary)[signs]] = trust
    return message


def hint(log_m: np.ndarray, vocabulary: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The message to an agent for new objects, `(n, C)`: p(c | the others' percepts) / p(c), in rows of sum 1.

    Args:
        log_m: Log-probabilities of the signs by the other agents, up to a constant per object, `(n, K)`.
        vocabulary: p(c | w) of the agent, `(K, C)`.
        shares: p(c), `(C,)`, by which the agent multiplies the message itself.
    """
    message = normalised(log_m) @ vocabulary / np.maximum(shares, SMALLEST)
    return message / message.sum(axis=1, keepdims=True)


def trust_in(signs: np.ndarray, agent: int, n_signs: int) -> float:
    """The probability, below 1, that another agent has the sign of `agent` for an object; `signs` is `(A, n)`."""
    others = np.delete(signs, agent, axis=0)
    alike = float((others == signs[agent]).mean())
    n = signs.shape[1]
    return max((alike * n + 1.0) / (n + n_signs), 1.0 / n_signs)
