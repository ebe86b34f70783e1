"""kvae, as the command line trains and recognises."""

from collections.abc import Callable

import kvae.process.quiet  # noqa: F401
from benchmarks.task import CONV_HIDDEN, FILTERS, HIDDEN, LATENT_DIM, LEARNING_RATE, Task, images


def build(task: Task):
    """The compiled model of a task."""
    import keras

    from kvae import VAE
    from kvae.layers import conv_decoder, conv_encoder, mlp_decoder, mlp_encoder

    shape = (28, 28, 1)
    if task.network == "mlp":
        vae = VAE(mlp_encoder(shape, LATENT_DIM, HIDDEN), mlp_decoder(shape, LATENT_DIM, HIDDEN), seed=0)
    else:
        encoder = conv_encoder(shape, LATENT_DIM, FILTERS, CONV_HIDDEN)
        vae = VAE(encoder, conv_decoder(shape, LATENT_DIM, FILTERS, CONV_HIDDEN), seed=0)
    vae.compile(keras.optimizers.Adam(LEARNING_RATE))
    return vae


def learn(task: Task) -> Callable[[], int]:
    """Train; the passes of one call are one logged interval."""
    from kvae.training.run import Training

    training = Training(
        build(task), images(task.rows), batch_size=task.batch_size, log_every=task.passes, itr=10**9
    )

    def run() -> int:
        training.run(training.iteration + task.passes)
        return task.passes * task.rows

    return run


def recognise(task: Task) -> Callable[[], int]:
    """Posterior means and log-variances."""
    vae, x = build(task), images(task.rows)

    def run() -> int:
        for _ in range(task.passes):
            vae.encode(x, batch_size=task.batch_size)
        return task.passes * task.rows

    return run
