"""New rows from CTGAN's TVAE, in a process of its own: in one process, PyTorch with CUDA and TensorFlow crash.

    python -m benchmarks.tvae_rows table.parquet made.parquet rows epochs seed [category ...]

It prints the seconds of `fit`.
"""

import sys
import time

import numpy as np
import pandas as pd
import torch
from ctgan import TVAE


def main(whole: str, made: str, rows: int, epochs: int, seed: int, categories: list[str]) -> None:
    """Learn the rows of `whole`, which have no missing values, and write `rows` new ones to `made`."""
    torch.set_num_threads(1)  # with two threads, small operations wait for each other
    torch.manual_seed(seed)
    np.random.seed(seed)  # TVAE draws from it
    model = TVAE(epochs=epochs)
    frame = pd.read_parquet(whole)
    began = time.perf_counter()
    model.fit(frame, discrete_columns=categories)
    print(time.perf_counter() - began)
    model.sample(rows).to_parquet(made)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6:])
