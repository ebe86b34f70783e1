"""kvae's `VAE.fit` on an array, as a user of the API calls it."""

from collections.abc import Callable

from benchmarks.peers.kvae_train import build
from benchmarks.task import Task, images


def learn(task: Task) -> Callable[[], int]:
    """Train with `fit`, an epoch per pass."""
    vae, x = build(task), images(task.rows)

    def run() -> int:
        vae.fit(x, batch_size=task.batch_size, epochs=task.passes, verbose=0)
        return task.passes * task.rows

    return run
