"""The size and speed of a learnt VAE's archives, beside general-purpose compressors for the same values.

Sizes count every byte of the archive. kvae's speed is that of coding levels in memory; the speed of another
compressor is that of its smallest form.
"""

import io
import math
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.table import markdown

# The keys with which the models are learnt.
DIGITS = ["experiment=compress_digits"]
MNIST = ["data=mnist", "data.binarize=dynamic", "model=guide", "model.latent_dim=40", "train.batch_size=128"]


def digits(repeats: int) -> str:
    """The table of the bundled digits with 17 levels: 360 held-out images."""
    return table("The bundled digits, 17 levels", DIGITS, repeats)


def mnist(repeats: int, path: str) -> str:
    """The table of MNIST in black and white: 10,000 test images, from a file in Keras's layout."""
    keys = [*MNIST, f"data.path={path}", "train.itr=120"]
    return table("MNIST, binarised, 784-400-40", keys, repeats)


def table(name: str, keys: list[str], repeats: int) -> str:
    """Sizes and speeds on the held-out rows of a model that is learnt with `keys`."""
    from kvae.config import compose
    from kvae.modes import learn
    from kvae.modes.opening import choose_rows, open_learnt
    from kvae.runs import RunFolder
    from kvae.uses.compression.form import Form
    from kvae.uses.compression.others import compressors, forms_of, sizes_of_others

    with tempfile.TemporaryDirectory() as folder:
        learn.run(compose(*keys), RunFolder(folder))
        config = compose(*keys, "mode=compress", f"mode.run={folder}")
        learnt = open_learnt(config)
        part = choose_rows(config, learnt, as_came=True).part
        form = Form.of(part, learnt.spec, learnt.vae.likelihood)
        levels = np.concatenate([piece for piece, _ in form.pieces(part, learnt.spec, len(part))])
        rows = [ours(learnt.vae, form, levels, repeats)]
    n_values = len(learnt.vae.likelihood.values())
    sizes, forms, known = sizes_of_others(levels, n_values), forms_of(levels, n_values), compressors()
    for other, bits in sorted(sizes.items(), key=lambda one: one[1]):
        seconds = ""
        if other in known:
            smallest = min(forms, key=known[other])
            seconds = per_second(len(levels), lambda form=smallest, size=known[other]: size(form), repeats)
        rows.append([other, f"{bits:.4f}", seconds, ""])
        print("  ".join(rows[-1]), flush=True)
    header = ["compressor", "bits per dimension", "images/s in", "images/s out"]
    return f"{name}: {len(levels):,} held-out images.\n\n{markdown(header, rows)}"


def ours(vae: Any, form: Any, levels: np.ndarray, repeats: int) -> list[str]:
    """The row of kvae: the size of the whole archive, and the speeds of encoding and decoding."""
    from kvae.uses.compression.archive import Writer
    from kvae.uses.compression.coders import Lossless
    from kvae.uses.compression.coding_model import CodingModel
    from kvae.uses.compression.streams import header_of, write_rows

    model = CodingModel(vae)
    coder = Lossless.for_rows(model, levels)
    file = io.BytesIO()
    with Writer(file, header_of(model, coder, form, len(levels), len(levels))) as writer:
        write_rows(writer, [(levels, b"")], coder)
    payload, _ = coder.encode(levels, None)
    bits = 8 * len(file.getvalue()) / levels.size
    encoding = per_second(len(levels), lambda: coder.encode(levels, None), repeats)
    decoding = per_second(len(levels), lambda: coder.decode(payload), repeats)
    row = ["kvae", f"{bits:.4f}", encoding, decoding]
    print("  ".join(row), flush=True)
    return row


def per_second(n: int, work: Callable[[], Any], repeats: int) -> str:
    """How many of `n` items `work` processes per second, by the median time."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return f"{n / max(float(np.median(seconds)), math.ulp(1.0)):,.0f}"
