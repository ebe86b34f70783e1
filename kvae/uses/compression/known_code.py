"""Checks once, before it is used, that the installed entropy coder gives the code that archives hold."""

import functools
import hashlib
from typing import Any

import numpy as np

from kvae.errors import InputError

N = 300
# SHA-256 of the code and the symbols that `code` computes, with constriction 0.5.0.
WANTED = "95c1fe6df8b5347c69c9e6eff1c3f1b89b8928820944c049fd42d261b4362074"


@functools.cache
def check_code(package: Any) -> None:
    """Push and pop fixed symbols under every kind of model that archives use.

    Raises:
        InputError: When other words or symbols come out: archives could not be opened, here or elsewhere.
    """
    if code(package) != WANTED:
        from importlib.metadata import version

        raise InputError(
            "this version of the package `constriction` does not give the code of kvae's archives: type "
            f"pip install 'constriction==0.5.0'. Received: constriction {version('constriction')}"
        )


def code(package: Any) -> str:
    """SHA-256 of the content of a stack, and of the symbols popped, after some pushes and pops."""
    stack = package.stream.stack.AnsCoder(np.arange(1, N, dtype=np.uint32), seal=True)
    model, i = package.stream.model, np.arange(N)
    symbols = (i * i % 7).astype(np.int32)
    weights = np.ascontiguousarray((i[:, None] * 37 + i[:7] * 101) % 1000, np.float64)
    found = []
    for kind, *given in (
        (model.Categorical(perfect=False), weights),
        (model.Bernoulli(perfect=False), (2.0 * i + 1.0) / 1024.0),
        (model.Uniform(), (7 + i % 50).astype(np.int32)),
    ):
        found.append(stack.decode(kind, *given))
        stack.encode_reverse(symbols & (7 if len(found) != 2 else 1), kind, *given)
    one = model.Categorical(weights[3], perfect=False)
    found.append(stack.decode(one, N))
    stack.encode_reverse(symbols, one)
    found.append(stack.get_compressed())
    return hashlib.sha256(np.concatenate(found).astype("<i8").tobytes()).hexdigest()
