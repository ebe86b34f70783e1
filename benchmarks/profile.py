"""The time of a training step by purpose: XLA's operations, and the time outside of them."""

import collections
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import markdown

ROWS, BATCH_SIZE, PASSES = 20_000, 128, 3
# The purpose of an operation, by a pattern of its name in TensorFlow; the first match counts.
PURPOSES = {
    "optimizer": r"/adam/",
    "random numbers": r"random",
    "rows of the batch": r"[Gg]ather",
    "matrix products": r"[Mm]at[Mm]ul",
    "objective, activations and their gradients": r"",
}


def tables(repeats: int) -> str:
    """A table of shares for 784-400-20-400-784 at batch 128."""
    import keras

    from kvae import VAE
    from kvae.layers import mlp_decoder, mlp_encoder

    keras.utils.set_random_seed(0)
    vae = VAE(mlp_encoder((784,), 20, 400), mlp_decoder((784,), 20, 400), seed=0)
    vae.compile("adam")
    x = np.random.default_rng(0).random((ROWS, 784), np.float32)
    vae.fit(x, batch_size=BATCH_SIZE, epochs=1, verbose=0)
    steps = repeats * PASSES * -(-ROWS // BATCH_SIZE)
    began = time.perf_counter()
    for _ in range(repeats):
        vae.fit(x, batch_size=BATCH_SIZE, epochs=PASSES, verbose=0)
    step = (time.perf_counter() - began) / steps
    wall, inside, operations = traced(lambda: vae.fit(x, batch_size=BATCH_SIZE, epochs=PASSES, verbose=0))
    purposes = purposes_of(optimized(vae, x))
    total: dict[str, float] = collections.Counter()
    for name, seconds in operations.items():
        total[purposes.get(name, "loop and copies")] += seconds
    shares = {name: inside / wall * seconds / sum(total.values()) for name, seconds in total.items()}
    shares["Keras, Python and the data pipeline"] = 1 - inside / wall
    rows = [[name, f"{share:.0%}"] for name, share in sorted(shares.items(), key=lambda item: -item[1])]
    return f"{step * 1e3:.2f} ms a step.\n\n" + markdown(["what for", "share of the time"], rows)


def traced(train: Any) -> tuple[float, float, dict[str, float]]:
    """Seconds of a call, of the compiled functions in it, and of every XLA operation, over all threads."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        began = time.perf_counter()
        train()
        wall = time.perf_counter() - began
        tf.profiler.experimental.stop()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(trace.read_bytes())
    inside, operations = 0.0, collections.Counter()
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name, seconds = plane.event_metadata[event.metadata_id].name, event.duration_ps / 1e12
            if name.startswith("CpuExecutable::ExecuteAsyncOnStream"):
                inside += seconds
            elif any(plane.stat_metadata[stat.metadata_id].name == "hlo_op" for stat in event.stats):
                operations[name] += seconds
    return wall, inside, operations


def optimized(vae: Any, x: np.ndarray) -> str:
    """The optimised XLA program of a block of training steps, as text."""
    from kvae.data.batches import Plan, training_blocks

    blocks = training_blocks(x, Plan(ROWS, BATCH_SIZE, 1, 1, 0))
    vae._resident = blocks.resident
    vae.make_train_function(force=True)
    step = next(function for name, function in vae._functions.items() if name.startswith("train_step"))
    return step.experimental_get_compiler_ir(next(iter(blocks.dataset)), blocks.resident)(stage="optimized_hlo")


def purposes_of(program: str) -> dict[str, str]:
    """The purpose of each named operation of a program."""
    found = {}
    for name, called in re.findall(r'^\s+(?:ROOT )?%(\S+) = .*op_name="([^"]*)"', program, re.MULTILINE):
        found[name] = next(purpose for purpose, pattern in PURPOSES.items() if re.search(pattern, called))
    return found
