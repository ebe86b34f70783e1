"""Rows that importance sampling decodes per second, beside the decoder's matrix products alone.

784-400-40-400-784 with a Bernoulli likelihood, 200 draws for each of 1,024 images. The products are those of
equally many codes, by TensorFlow's kernels and by XLA, with few and many rows at once, and nothing else.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.table import markdown
from benchmarks.task import HIDDEN, images

LATENT_DIM, ROWS, DRAWS = 40, 1_024, 200
ROWS_AT_ONCE = (1_024, 8_192)


def tables(repeats: int) -> str:
    """A table of decoded rows per second, by wall-clock time and by processor time, all measured in turn."""
    import keras

    from kvae import VAE
    from kvae.layers import mlp_decoder, mlp_encoder

    keras.utils.set_random_seed(0)
    vae = VAE(mlp_encoder((784,), LATENT_DIM, HIDDEN), mlp_decoder((784,), LATENT_DIM, HIDDEN), seed=0)
    x = images(ROWS).reshape(ROWS, -1)
    measures: dict[str, Callable[[], Any]] = {
        f"products by {name}, {n:,} rows at once": products(vae.decoder, n, jit_compile)
        for name, jit_compile in (("TensorFlow", False), ("XLA", True))
        for n in ROWS_AT_ONCE
    }
    name = f"vae.importance_sampled(x, {DRAWS})"
    measures[name] = lambda: vae.importance_sampled(x, DRAWS)
    found = in_turn(measures, repeats)
    fastest = [max(found[other][i] for other in found if other != name) for i in range(2)]
    rows = [
        [what, f"{clock:,.0f}", f"{clock / fastest[0]:.2f} x", f"{cpu / fastest[1]:.2f} x"]
        for what, (clock, cpu) in found.items()
    ]
    return markdown(["784-400-40-400-784", "decoded rows/s", "of the fastest products", "by CPU time"], rows)


def products(decoder: Any, n: int, jit_compile: bool) -> Callable[[], None]:
    """A function that computes the decoder's matrix products for `ROWS * DRAWS` codes, `n` at once."""
    import tensorflow as tf

    kernels = [weight for weight in decoder.trainable_weights if len(weight.shape) == 2]
    z = tf.random.stateless_normal((n, LATENT_DIM), (0, 0))

    @tf.function(jit_compile=jit_compile)
    def of_codes() -> Any:
        h = z
        for kernel in kernels:
            h = tf.matmul(h, kernel)
        return h

    def run() -> None:
        for _ in range(ROWS * DRAWS // n):
            h = of_codes()
        h[0, 0].numpy()

    return run


def in_turn(measures: dict[str, Callable[[], Any]], repeats: int) -> dict[str, tuple[float, float]]:
    """Medians of decoded rows per second, by wall-clock and by processor time, after a warm-up call."""
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for repeat in range(repeats + 1):
        for name, run in measures.items():
            began, used = time.perf_counter(), time.process_time()
            run()
            clock, cpu = time.perf_counter() - began, time.process_time() - used
            if repeat:
                speeds[name].append((ROWS * DRAWS / clock, ROWS * DRAWS / cpu))
    return {
        name: (statistics.median(c for c, _ in of), statistics.median(p for _, p in of))
        for name, of in speeds.items()
    }
