"""The training speed on a table of mixed columns, beside as many numeric columns with the same networks.

Only training is measured, by compiled steps on rows in memory. The numeric peer is the model of `data=file` with
`likelihood=gaussian_learnt`.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.table import markdown

ROWS, NUMBERS, OTHERS = 16_384, 15, 5
WIDTHS, LATENT_DIM, LEARNING_RATE = [256], 16, 2e-3
BATCHES = {64: 1, 512: 2}  # batch size: passes per measurement
GAPS = 0.05


def tables(repeats: int) -> str:
    """A table of rows per second, and of their ratios by wall-clock time and by processor time."""
    x, columns = mixed(ROWS)
    rows = []
    for batch_size, passes in BATCHES.items():
        peers = {
            "30 mixed columns": learner(of_table(columns), x, batch_size, passes),
            "30 numbers": learner(of_numbers(x.shape[1]), plain(x), batch_size, passes),
        }
        for learn in peers.values():
            learn()  # compilation
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in peers}
        for _ in range(repeats):
            for name, learn in peers.items():
                times[name].append(timed(learn))
        medians = {
            name: [statistics.median(part) for part in zip(*all_, strict=True)] for name, all_ in times.items()
        }
        for name, (wall, cpu) in medians.items():
            base = medians["30 numbers"]
            speed = f"{ROWS * passes / wall:,.0f}"
            rows.append([f"{name}, {batch_size}", speed, f"{base[0] / wall:.2f} x", f"{base[1] / cpu:.2f} x"])
    return markdown(["columns, batch", "rows/s", "speed", "by CPU time"], rows)


def timed(learn: Callable[[], None]) -> tuple[float, float]:
    """Wall-clock seconds and processor seconds of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    learn()
    return time.perf_counter() - wall, time.process_time() - cpu


def learner(vae: Any, x: np.ndarray, batch_size: int, passes: int) -> Callable[[], None]:
    """A function that trains for `passes` more passes at every call."""
    from kvae.training.run import Training

    training = Training(vae, x, batch_size=batch_size, log_every=passes, itr=10**9)
    return lambda: training.run(training.iteration + passes)


def mixed(rows: int) -> tuple[np.ndarray, Any]:
    """Fifteen numeric columns with different distributions; five columns each of counts, booleans and categories.

    All depend on one hidden number; one cell in twenty is missing.

    Returns:
        The rows, `(rows, 30)` float32, and their columns, learnt from them with the default likelihoods.
    """
    from kvae.table import Column, coded

    rng = np.random.default_rng(0)
    hidden = rng.normal(size=rows)
    found: list[tuple[str, str, np.ndarray, int | None]] = []
    for i in range(NUMBERS):
        values = 0.5 * hidden + rng.normal(size=rows)
        values = (values, np.exp(values), np.round(np.where(values < 0.5, 0.0, values), 1))[i % 3]
        found.append((f"number{i}", "quantile_mixture", values, None))
    for i in range(OTHERS):
        found.append((f"count{i}", "quantile_mixture", rng.poisson(np.exp(0.5 * hidden + i)), None))
        found.append((f"binary{i}", "bernoulli", rng.random(rows) < 1 / (1 + np.exp(-hidden - i)), 2))
        n = (5, 8, 12, 20, 30)[i]
        shares = np.abs(hidden + rng.normal(size=rows)) / 4
        found.append((f"category{i}", "categorical", np.minimum(n * shares, n - 1).astype(int), n))
    x = np.stack([values for _, _, values, _ in found], axis=-1).astype(np.float32)
    x[rng.random(x.shape) < GAPS] = np.nan
    columns = [
        coded(Column(name, "any", {"name": likelihood}, n_categories=n), x[:, j])
        for j, (name, likelihood, _, n) in enumerate(found)
    ]
    return x, columns


def plain(x: np.ndarray) -> np.ndarray:
    """Standard normal numbers of the same shape, none missing."""
    return np.random.default_rng(1).normal(size=x.shape).astype(np.float32)


def of_table(columns: Any) -> Any:
    """`model=table` and `train=table` on these columns."""
    from kvae.sklearn.build import build_table_vae

    return build_table_vae(parameters("table"), ROWS, columns, 0)


def of_numbers(n: int) -> Any:
    """The same networks on rows of `n` numbers."""
    from kvae.sklearn.build import build_vae

    return build_vae(parameters("gaussian_learnt"), (ROWS, n), 0)


def parameters(likelihood: str) -> dict[str, Any]:
    """The parameters for `kvae.sklearn.build`."""
    return {
        "likelihood": likelihood,
        "latent_dim": LATENT_DIM,
        "hidden_encoder_dim": WIDTHS,
        "hidden_decoder_dim": WIDTHS,
        "weight_stddev": None,
        "KL_param": 1.0,
        "learning_rate": LEARNING_RATE,
        "jit_compile": True,
        "hide": 0.0,
        "train_samples": 1,
    }
