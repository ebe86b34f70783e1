"""Gaussian noise, quickly."""

from typing import Any

import keras

Tensor = Any


def standard_normal(shape: Any, seed_generator: keras.random.SeedGenerator, jit_compile: bool = False) -> Tensor:
    """Draw float32 N(0, 1) of `shape`, advancing `seed_generator` by one step.

    On TensorFlow the generator is Philox (Salmon et al. 2011), named outright: left to choose, XLA takes one
    that made a training step on the bundled digits four times as long (8 ms for 2 ms on two cores). Inside
    and outside XLA the draws differ, as those of `keras.random` do; `jit_compile` gives those of XLA.
    """
    if keras.backend.backend() != "tensorflow":
        return keras.random.normal(shape, dtype="float32", seed=seed_generator)
    import tensorflow as tf

    def draw(seed: Tensor) -> Tensor:
        return tf.random.stateless_normal(shape, seed, alg="philox")

    seed = tf.cast(seed_generator.next(), tf.int32)
    return tf.function(draw, jit_compile=True)(seed) if jit_compile else draw(seed)
