"""Messages of class probabilities: their check, their normalisation, and the product of several."""

from typing import Any

import numpy as np

from kvae.errors import InputError

TINY = 1e-300


def filled(message: Any) -> np.ndarray | None:
    """Class probabilities `(n, K)` with rows of sum 1; a row of NaN becomes uniform. None gives None."""
    if message is None:
        return None
    p = np.asarray(message, np.float64)
    p = np.where(np.isnan(p).all(axis=1, keepdims=True), 1.0, p)
    return p / p.sum(axis=1, keepdims=True)


def check_classes(message: Any, k: int | None, receiver: str, source: str) -> None:
    """Raise InputError unless a message holds probabilities of `k` classes, `(n, k)`, or rows of NaN.

    With `k=None` any number of classes is allowed.
    """
    p = np.asarray(message)
    if p.ndim != 2 or (k is not None and p.shape[1] != k):
        raise InputError(
            f"{receiver} needs class probabilities of shape (n, {'K' if k is None else k}). "
            f"Received from {source}: shape {p.shape}"
        )
    there = p[np.flatnonzero(~np.isnan(p).all(axis=1))]
    if not (np.all(there >= 0) and np.all(there.sum(axis=1) > 0)):
        raise InputError(
            f"{receiver} needs class probabilities >= 0, not all 0 in a row. "
            f"Received from {source}: {np.min(there):g} to {np.max(there):g}"
        )


def product(messages: list[Any]) -> np.ndarray:
    """The product of several senders' class probabilities, normalised to rows of sum 1."""
    parts = [p for p in map(filled, messages) if p is not None]
    log_p = np.sum([np.log(np.maximum(p, TINY)) for p in parts], axis=0)
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)
