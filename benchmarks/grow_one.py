"""One point of `benchmarks.growth`, in a process of its own: one pass over synthetic rows, after a warm-up."""

import json
import resource
import sys
from pathlib import Path

import numpy as np

import kvae.process.quiet  # noqa: F401
from benchmarks.growth import COLUMNS

BASE = {"rows in memory": 100_000, "rows streamed": 100_000, "latent_dim": 10, "hidden": 100}
CHUNK = 100_000


def rows_of(n: int) -> np.ndarray:
    """Uniform rows, the same for every process."""
    return np.random.default_rng(0).random((n, COLUMNS), np.float32)


def written(folder: Path, n: int) -> Path:
    """A `.npy` of `n` rows, written a chunk at a time."""
    path = folder / f"{n}.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (n, COLUMNS)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, n, CHUNK):
            file.write(rows_of(min(CHUNK, n - start)).data)
    return path


def main() -> None:
    """Learn, and print the time and the memory as JSON."""
    import keras

    from kvae import VAE
    from kvae.data.row_files import NpyFile
    from kvae.data.stored import StoredRows
    from kvae.layers import mlp_decoder, mlp_encoder
    from kvae.training.run import Training

    what, value, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    sizes = {"latent_dim": BASE["latent_dim"], "hidden": BASE["hidden"], what: value}
    n = value if what.startswith("rows") else BASE["rows in memory"]
    vae = VAE(
        mlp_encoder((COLUMNS,), sizes["latent_dim"], sizes["hidden"]),
        mlp_decoder((COLUMNS,), sizes["latent_dim"], sizes["hidden"]),
        seed=0,
    )
    vae.compile(keras.optimizers.Adam())
    if what == "rows streamed":
        source = NpyFile(written(folder, n))
        x = StoredRows(source, 0, n, (COLUMNS,))
    else:
        x = rows_of(n)
    training = Training(vae, x, batch_size=128, log_every=1, itr=3)
    training.run(1)  # compilation
    before = training.seconds
    training.run(2)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": training.seconds - before, "rows": n, "peak_mib": memory}))
    for path in folder.glob("*.npy"):
        path.unlink()


if __name__ == "__main__":
    main()
