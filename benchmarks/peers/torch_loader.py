"""The PyTorch loop with a `DataLoader` over a data set of images, as in the best-known example."""

from collections.abc import Callable

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers.torch_memory import Example, step, tensor
from benchmarks.task import LEARNING_RATE, Task


def learn(task: Task) -> Callable[[], int]:
    """Train; the loader shuffles in this process."""
    model = Example(task.network)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    loader = DataLoader(TensorDataset(tensor(task)), batch_size=task.batch_size, shuffle=True)

    def run() -> int:
        for _ in range(task.passes):
            for (x,) in loader:
                step(model, optimizer, x)
        return task.passes * task.rows

    return run
