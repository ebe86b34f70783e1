"""The time of a mixture's update, on synthetic codes: fits, votes of neighbours, and scikit-learn beside them.

A round of `prior=gmm` trains the VAE and updates the mixture. Here the updates are measured: the first fits from
new starts, the second also from the classes of the first.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.table import markdown

ROWS, CLASSES, NEIGHBORS = 60_000, 10, 15


def tables(repeats: int) -> str:
    """A table of wall-clock and processor seconds, and of the agreement with the groups."""
    peers: dict[str, Callable[[int], list[tuple[str, float, float, float | None]]]] = {
        "10 dimensions": lambda seed: updates(10, 0, seed),
        "14 dimensions, 15 neighbours vote": lambda seed: updates(14, NEIGHBORS, seed),
        "scikit-learn": others,
    }
    found: dict[str, list[tuple[float, float, float | None]]] = {}
    for seed in range(repeats):
        for name, peer in peers.items():
            for what, clock, processors, accuracy in peer(seed):
                found.setdefault(f"{name}: {what}", []).append((clock, processors, accuracy))
    rows = []
    for name, ones in found.items():
        clock, processors = (statistics.median(one[place] for one in ones) for place in (0, 1))
        agreements = [one[2] for one in ones if one[2] is not None]
        accuracy = f"{statistics.mean(agreements):.3f}" if agreements else ""
        rows.append([name, f"{clock:.2f} s", f"{processors:.2f} s", accuracy])
    return markdown([f"{ROWS:,} rows, {CLASSES} groups", "by the clock", "of processors", "accuracy"], rows)


def made(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes `(n, d)` in ten curved groups, and the group of each row, `(n,)`."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, n)
    centres = 0.6 * rng.normal(size=(CLASSES, d))
    shapes = 0.3 * rng.normal(size=(CLASSES, d, d)) / np.sqrt(d) + 0.5 * np.eye(d)
    z = centres[labels] + np.einsum("nij,nj->ni", shapes[labels], rng.normal(size=(n, d)))
    return (z + 0.2 * np.sin(2.0 * z[:, ::-1])).astype(np.float32), labels


def updates(d: int, n_neighbors: int, seed: int) -> list[tuple[str, float, float, float | None]]:
    """Two updates of the module `GMM`."""
    from kvae.metrics import clustering_metrics
    from kvae.modules import GMM
    from kvae.modules.module import Module

    class Codes(Module):
        """A module that sends codes, in place of an encoder."""

        def update(self) -> None: ...

    z, labels = made(ROWS, d, seed)
    codes, gmm = Codes("codes"), GMM(CLASSES, seed=seed, n_neighbors=n_neighbors)
    codes.set_forward_msg(z)
    gmm.connect(codes)
    found: list[tuple[str, float, float, float | None]] = []
    for what in ("first update", "second update"):
        clock, processors, _ = timed(gmm.step)
        found.append((what, clock, processors, clustering_metrics(gmm.classes, labels)["accuracy"]))
    return found


def others(seed: int) -> list[tuple[str, float, float, float | None]]:
    """scikit-learn's mixture from one start (kvae uses twelve), and its search for neighbours."""
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import NearestNeighbors

    from kvae.metrics import clustering_metrics

    z, labels = made(ROWS, 10, seed)
    mixture = GaussianMixture(CLASSES, random_state=seed, tol=1e-5)
    clock, processors, classes = timed(lambda: mixture.fit_predict(z))
    accuracy = clustering_metrics(classes, labels)["accuracy"]
    found = [("GaussianMixture, one start, 10 dimensions", clock, processors, accuracy)]
    z, _ = made(ROWS, 14, seed)
    search = NearestNeighbors(n_neighbors=NEIGHBORS, algorithm="brute")
    clock, processors, _ = timed(lambda: search.fit(z).kneighbors(return_distance=False))
    return [*found, ("NearestNeighbors, 15 of 14 dimensions", clock, processors, None)]


def timed(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall-clock seconds and processor seconds of a call, and its result."""
    clock, processors = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - clock, time.process_time() - processors, result
