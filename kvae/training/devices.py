"""The devices that compute: one by name, all of this machine, or those of several machines."""

import contextlib
import functools
import logging
import zlib
from collections.abc import Iterator

import tensorflow as tf

from kvae.errors import InputError
from kvae.training.cluster import read_cluster

log = logging.getLogger(__name__)


def prepare(strategy: str | None, device: str | None) -> None:
    """Set devices up before the first operation of the process: GPU memory that grows, and the strategy.

    Args:
        strategy: The `train.strategy`; None for one device, or if nothing is trained.
        device: `train.device`.

    Raises:
        InputError: For a device that this machine does not have, or workers that cannot connect.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it logs every sum over replicas
    allow_memory_growth()
    if strategy is not None:
        strategy_of(strategy, device)
    else:
        device_named(device)


def allow_memory_growth() -> None:
    """Take GPU memory as it is needed: by default TensorFlow takes all of it, and none is left for others."""
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # in use already: set when the first run of the process began
            tf.config.experimental.set_memory_growth(gpu, True)


def device_named(name: str | None) -> str | None:
    """TensorFlow's name of a `train.device` such as `gpu` or `cpu:1`; None leaves the choice to TensorFlow.

    Raises:
        InputError: When there is no such device.
    """
    if name is None:
        return None
    kind, _, index = name.upper().partition(":")
    wanted = f"/device:{kind}:{index or 0}"
    found = [device.name for device in tf.config.list_logical_devices() if device.device_type in ("CPU", "GPU")]
    if wanted not in found:
        here = ", ".join(short(device) for device in found)
        raise InputError(f"train.device={name} does not exist on this machine. It has: {here}")
    return wanted


def short(device: str) -> str:
    """A device as `train.device` names it."""
    return device.rpartition("device:")[2].lower()


def strategy_of(name: str | None, device: str | None) -> tf.distribute.Strategy | None:
    """The strategy of a `train.strategy`, one and the same for all runs of a process; None for one device.

    Raises:
        InputError: When this machine does not have its devices, or the workers cannot connect.
    """
    if name is None:
        return None
    if device not in (None, "cpu", "gpu"):
        raise InputError(
            f"train.strategy={name} takes all devices of a kind: train.device must be cpu, gpu or null. "
            f"Received: train.device={device}"
        )
    return multi_worker(device) if name == "multi_worker" else mirrored(device)


@functools.cache
def mirrored(kind: str | None) -> tf.distribute.Strategy:
    """A copy of the model on every device of a kind: the GPUs, or where there are none the CPU."""
    device_named(kind)
    kinds = [kind.upper()] if kind else ["GPU", "CPU"]
    found = next(filter(None, (tf.config.list_logical_devices(kind) for kind in kinds)))
    log.info("training on %s", ", ".join(short(device.name) for device in found))
    return tf.distribute.MirroredStrategy([device.name for device in found])


@functools.cache
def multi_worker(kind: str | None) -> tf.distribute.Strategy:
    """A copy of the model on every device of every worker in `TF_CONFIG`. Waits for all of them.

    Raises:
        InputError: When they cannot connect.
    """
    cluster = read_cluster()
    if kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
    log.info(
        "worker %d of %d: waiting for %s", cluster.index + 1, len(cluster.workers), ", ".join(cluster.workers)
    )
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        raise InputError(
            f"the workers in TF_CONFIG cannot connect to each other: {' '.join(str(error).split())[:300]}"
        ) from error
    log.info("all workers are connected, with %d devices", strategy.num_replicas_in_sync)
    if not cluster.is_chief:
        log.info("the chief shows progress and writes results: %s", cluster.workers[0])
        logging.getLogger("kvae").setLevel(logging.WARNING)
    return strategy


@contextlib.contextmanager
def placed(strategy: str | None, device: str | None) -> Iterator[None]:
    """Compute on `train.device`; a strategy places by itself."""
    name = None if strategy is not None else device_named(device)
    with tf.device(name) if name else contextlib.nullcontext():
        yield


def scope(name: str | None, device: str | None) -> contextlib.AbstractContextManager:
    """The context in which a model for a `train.strategy` must be made."""
    strategy = strategy_of(name, device)
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def check_agreement(strategy: tf.distribute.Strategy | None, **values: object) -> None:
    """Refuse workers that differ in their inputs: they would wait for each other forever.

    Raises:
        InputError: When one of `values` is not the same on all workers.
    """
    if strategy is None:
        return
    digests = [float(zlib.crc32(repr(value).encode()) % 65_521) for value in values.values()]

    def variance() -> tf.Tensor:
        context, numbers = tf.distribute.get_replica_context(), tf.constant(digests, tf.float64)
        mean, square = context.all_reduce(tf.distribute.ReduceOp.MEAN, [numbers, numbers**2])
        return square - mean**2

    spread = strategy.experimental_local_results(tf.function(strategy.run)(variance))[0]
    different = [name for name, far in zip(values, spread.numpy(), strict=True) if far > 0.1]
    if different:
        raise InputError(
            f"the workers differ in {', '.join(different)}. Give each the same command, files and run to resume"
        )
