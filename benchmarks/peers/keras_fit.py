"""Plain Keras: a VAE with a `train_step` of its own, `fit` from a NumPy array, with all defaults."""

from collections.abc import Callable

import kvae.process.quiet  # noqa: F401
from benchmarks.task import CONV_HIDDEN, FILTERS, HIDDEN, LATENT_DIM, LEARNING_RATE, Task, images


def networks(network: str):
    """The encoder, and the decoder with a sigmoid."""
    from keras import Model, layers

    x = layers.Input((28, 28, 1))
    z = layers.Input((LATENT_DIM,))
    if network == "mlp":
        h = layers.Dense(HIDDEN, "relu")(layers.Flatten()(x))
        out = layers.Dense(784, "sigmoid")(layers.Dense(HIDDEN, "relu")(z))
        out = layers.Reshape((28, 28, 1))(out)
    else:
        h = x
        for n in FILTERS:
            h = layers.Conv2D(n, 3, strides=2, padding="same", activation="relu")(h)
        h = layers.Dense(CONV_HIDDEN, "relu")(layers.Flatten()(h))
        out = layers.Dense(CONV_HIDDEN, "relu")(z)
        out = layers.Reshape((7, 7, FILTERS[-1]))(layers.Dense(7 * 7 * FILTERS[-1], "relu")(out))
        for n in reversed(FILTERS):
            out = layers.Conv2DTranspose(n, 3, strides=2, padding="same", activation="relu")(out)
        out = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(out)
    return Model(x, [layers.Dense(LATENT_DIM)(h), layers.Dense(LATENT_DIM)(h)]), Model(z, out)


def build(task: Task):
    """The compiled model."""
    import keras
    import tensorflow as tf
    from keras import ops

    class Example(keras.Model):
        def __init__(self, encoder: keras.Model, decoder: keras.Model) -> None:
            super().__init__()
            self.encoder, self.decoder = encoder, decoder
            self.seed_generator = keras.random.SeedGenerator(0)
            self.tracker = keras.metrics.Mean(name="loss")

        def train_step(self, x):
            with tf.GradientTape() as tape:
                mean, log_var = self.encoder(x)
                eps = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
                x_hat = self.decoder(mean + ops.exp(0.5 * log_var) * eps)
                cross_entropy = keras.losses.binary_crossentropy(x, x_hat)
                reconstruction = ops.mean(ops.sum(cross_entropy, axis=(1, 2)))
                kl = -0.5 * (1 + log_var - ops.square(mean) - ops.exp(log_var))
                loss = reconstruction + ops.mean(ops.sum(kl, axis=1))
            weights = self.trainable_weights
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            self.tracker.update_state(loss)
            return {"loss": self.tracker.result()}

    model = Example(*networks(task.network))
    model.compile(keras.optimizers.Adam(LEARNING_RATE))
    return model


def learn(task: Task) -> Callable[[], int]:
    """Train with `fit`, an epoch per pass."""
    model, x = build(task), images(task.rows)

    def run() -> int:
        model.fit(x, batch_size=task.batch_size, epochs=task.passes, verbose=0)
        return task.passes * task.rows

    return run


def recognise(task: Task) -> Callable[[], int]:
    """`predict` of the encoder."""
    encoder, x = networks(task.network)[0], images(task.rows)

    def run() -> int:
        for _ in range(task.passes):
            encoder.predict(x, batch_size=task.batch_size, verbose=0)
        return task.passes * task.rows

    return run
