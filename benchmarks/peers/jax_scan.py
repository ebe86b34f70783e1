"""JAX: blocks of steps in one compiled `lax.scan`, Adam written out, rows gathered from an array on the device."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from benchmarks.task import CONV_HIDDEN, FILTERS, HIDDEN, LATENT_DIM, LEARNING_RATE, Task, images

STEPS_PER_SCAN = 50
NUMBERS = ("NHWC", "HWIO", "NHWC")


def weights(key: Any, shapes: dict[str, tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    """Glorot-uniform kernels and zero biases."""
    found = {}
    for name, shape in shapes.items():
        key, used = jax.random.split(key)
        field = int(np.prod(shape[:-2]))
        limit = (6.0 / (field * (shape[-2] + shape[-1]))) ** 0.5
        found[name] = {
            "w": jax.random.uniform(used, shape, minval=-limit, maxval=limit),
            "b": jnp.zeros(shape[-1]),
        }
    return found


def shapes_of(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the kernels."""
    if network == "mlp":
        shapes = {"hidden": (784, HIDDEN), "out": (HIDDEN, 784), "expand": (LATENT_DIM, HIDDEN)}
        return shapes | {"mean": (HIDDEN, LATENT_DIM), "log_var": (HIDDEN, LATENT_DIM)}
    first, second = FILTERS
    convolutions = {"conv_1": (3, 3, 1, first), "conv_2": (3, 3, first, second), "out": (3, 3, first, 1)}
    convolutions |= {"up_1": (3, 3, second, second), "up_2": (3, 3, second, first)}
    dense = {"hidden": (49 * second, CONV_HIDDEN), "expand": (LATENT_DIM, CONV_HIDDEN)}
    dense |= {"mean": (CONV_HIDDEN, LATENT_DIM), "log_var": (CONV_HIDDEN, LATENT_DIM)}
    return convolutions | dense | {"unflatten": (CONV_HIDDEN, 49 * second)}


def dense(p: dict[str, Any], h: Any) -> Any:
    """An affine layer."""
    return h @ p["w"] + p["b"]


def conv(p: dict[str, Any], h: Any, stride: int) -> Any:
    """A convolution that keeps the size, or halves it."""
    return lax.conv_general_dilated(h, p["w"], (stride, stride), "SAME", dimension_numbers=NUMBERS) + p["b"]


def up(p: dict[str, Any], h: Any) -> Any:
    """A transposed convolution that doubles the size."""
    return lax.conv_transpose(h, p["w"], (2, 2), "SAME", dimension_numbers=NUMBERS) + p["b"]


def encode(p: dict[str, Any], x: Any, network: str) -> tuple[Any, Any]:
    """Posterior mean and log-variance."""
    h = x
    if network == "conv":
        h = jax.nn.relu(conv(p["conv_2"], jax.nn.relu(conv(p["conv_1"], h, 2)), 2))
    h = jax.nn.relu(dense(p["hidden"], h.reshape(len(x), -1)))
    return dense(p["mean"], h), dense(p["log_var"], h)


def decode(p: dict[str, Any], z: Any, network: str) -> Any:
    """Logits."""
    h = jax.nn.relu(dense(p["expand"], z))
    if network == "mlp":
        return dense(p["out"], h).reshape(-1, 28, 28, 1)
    h = jax.nn.relu(dense(p["unflatten"], h)).reshape(-1, 7, 7, FILTERS[1])
    return conv(p["out"], jax.nn.relu(up(p["up_2"], jax.nn.relu(up(p["up_1"], h)))), 1)


def loss_of(p: dict[str, Any], x: Any, key: Any, network: str) -> Any:
    """The negative ELBO per observation."""
    mean, log_var = encode(p, x, network)
    logits = decode(p, mean + jnp.exp(0.5 * log_var) * jax.random.normal(key, mean.shape), network)
    reconstruction = jnp.sum(jax.nn.softplus(logits) - x * logits)
    return (reconstruction + 0.5 * jnp.sum(mean**2 + jnp.exp(log_var) - log_var - 1)) / len(x)


def adam(p: Any, gradient: Any, m: Any, v: Any, t: Any) -> tuple[Any, Any, Any]:
    """Kingma and Ba (2015), algorithm 1."""
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)
    rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda w, a, b: w - rate * a / (jnp.sqrt(b) + 1e-7), p, m, v), m, v


def learn(task: Task) -> Callable[[], int]:
    """Train; rows that do not fill a batch are left out, which favours this peer slightly."""
    x = jnp.asarray(images(task.rows))
    p = weights(jax.random.PRNGKey(0), shapes_of(task.network))
    zeros = jax.tree.map(jnp.zeros_like, p)
    state = [(p, zeros, jax.tree.map(jnp.zeros_like, p), jnp.float32(0), jax.random.PRNGKey(1))]
    gradient_of = jax.value_and_grad(lambda p, x, key: loss_of(p, x, key, task.network))

    def one(carry: Any, rows: Any) -> Any:
        p, m, v, t, key = carry
        key, used = jax.random.split(key)
        loss, gradient = gradient_of(p, x[rows], used)
        p, m, v = adam(p, gradient, m, v, t + 1)
        return (p, m, v, t + 1, key), loss

    scan = jax.jit(lambda carry, rows: lax.scan(one, carry, rows), donate_argnums=0)
    steps = task.rows // task.batch_size
    rng = np.random.default_rng(0)

    def run() -> int:
        orders = [rng.permutation(task.rows)[: steps * task.batch_size] for _ in range(task.passes)]
        order = np.concatenate(orders).reshape(-1, task.batch_size).astype(np.int32)
        for start in range(0, len(order), STEPS_PER_SCAN):
            state[0], losses = scan(state[0], order[start : start + STEPS_PER_SCAN])
        losses.block_until_ready()
        return order.size

    return run


def recognise(task: Task) -> Callable[[], int]:
    """Posterior means and log-variances, batch by batch, back to NumPy."""
    x = images(task.rows)
    p = weights(jax.random.PRNGKey(0), shapes_of(task.network))
    call = jax.jit(lambda p, x: encode(p, x, task.network))

    def run() -> int:
        for _ in range(task.passes):
            for start in range(0, task.rows, task.batch_size):
                [np.asarray(part) for part in call(p, x[start : start + task.batch_size])]
        return task.passes * task.rows

    return run
