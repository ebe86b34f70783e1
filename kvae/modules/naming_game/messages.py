"""What agents are told: a sign, or what the others would call an object, as probabilities of their own classes."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.modules.naming_game.chain import normalised
from kvae.modules.naming_game.percept import SMALLEST


def class_called(vocabulary: np.ndarray) -> np.ndarray:
    """The class `(K,)` that each sign stands for, one to one: the best by p(w | c) of the vocabulary `(K, K)`.

    Numbers of classes mean nothing to other agents; a vocabulary is where they are looked up (Kuhn 1955).
    """
    used = vocabulary / np.maximum(vocabulary.sum(axis=0), SMALLEST)
    return linear_sum_assignment(-used)[1]


def teaching(signs: np.ndarray, vocabulary: np.ndarray, trust: float) -> np.ndarray:
    """What an agent is told to learn from, `(n, K)`: signs `(n,)` of objects as probabilities of its own classes.

    The class that the sign stands for has the probability `trust`, the others share the rest.
    """
    k = len(vocabulary)
    message = np.full((len(signs), k), (1.0 - trust) / (k - 1))
    message[np.arange(len(signs)), class_called(vocabulary)[signs]] = trust
    return message


def hint(log_m: np.ndarray, vocabulary: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """What an agent is told of objects that it does not learn from, `(n, C)`: p(c | what the others say) / p(c).

    Args:
        log_m: Log of what the others say of signs, up to a constant of the row, `(n, K)`.
        vocabulary: p(c | w) of the agent, `(K, C)`.
        shares: p(c), `(C,)`, in which it has its own weights.
    """
    message = normalised(log_m) @ vocabulary / np.maximum(shares, SMALLEST)
    return message / message.sum(axis=1, keepdims=True)


def trust_in(signs: np.ndarray, agent: int, n_signs: int) -> float:
    """How probable it is that another agent calls an object as `agent` does, of signs `(A, n)`; never quite 1."""
    others = np.delete(signs, agent, axis=0)
    alike = float((others == signs[agent]).mean())
    n = signs.shape[1]
    return max((alike * n + 1.0) / (n + n_signs), 1.0 / n_signs)
