"""A PyTorch loop over shuffled rows of a tensor in memory, eager, as most people write it."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from benchmarks.task import CONV_HIDDEN, FILTERS, HIDDEN, LATENT_DIM, LEARNING_RATE, Task, images


def encoder_body(network: str) -> tuple[nn.Module, int]:
    """The encoder below its two heads, and its width."""
    if network == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, HIDDEN), nn.ReLU()), HIDDEN
    first, second = FILTERS
    convolutions = [nn.Conv2d(1, first, 3, 2, 1), nn.ReLU(), nn.Conv2d(first, second, 3, 2, 1), nn.ReLU()]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(49 * second, CONV_HIDDEN), nn.ReLU()), CONV_HIDDEN


def decoder_body(network: str) -> nn.Module:
    """The decoder with its sigmoid."""
    if network == "mlp":
        layers = [nn.Linear(LATENT_DIM, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 784), nn.Sigmoid()]
        return nn.Sequential(*layers, nn.Unflatten(1, (1, 28, 28)))
    first, second = FILTERS
    layers = [nn.Linear(LATENT_DIM, CONV_HIDDEN), nn.ReLU(), nn.Linear(CONV_HIDDEN, 49 * second), nn.ReLU()]
    layers += [nn.Unflatten(1, (second, 7, 7)), nn.ConvTranspose2d(second, second, 3, 2, 1, 1), nn.ReLU()]
    layers += [
        nn.ConvTranspose2d(second, first, 3, 2, 1, 1),
        nn.ReLU(),
        nn.Conv2d(first, 1, 3, 1, 1),
        nn.Sigmoid(),
    ]
    return nn.Sequential(*layers)


class Example(nn.Module):
    """The VAE."""

    def __init__(self, network: str) -> None:
        super().__init__()
        self.body, width = encoder_body(network)
        self.mean, self.log_var = nn.Linear(width, LATENT_DIM), nn.Linear(width, LATENT_DIM)
        self.decoder = decoder_body(network)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.body(x)
        return self.mean(h), self.log_var(h)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The negative ELBO per observation."""
        mean, log_var = self.encode(x)
        x_hat = self.decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
        reconstruction = functional.binary_cross_entropy(x_hat, x, reduction="sum")
        kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
        return (reconstruction + kl) / len(x)


def tensor(task: Task) -> torch.Tensor:
    """The images with the channel first."""
    return torch.from_numpy(images(task.rows)).permute(0, 3, 1, 2).contiguous()


def step(model: Example, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> float:
    """One step; the loss is copied to Python, as in most examples."""
    optimizer.zero_grad()
    loss = model(x)
    loss.backward()
    optimizer.step()
    return loss.item()


def learn(task: Task) -> Callable[[], int]:
    """Train, with a new permutation of the rows in every pass."""
    model, x = Example(task.network), tensor(task)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)

    def run() -> int:
        for _ in range(task.passes):
            for rows in torch.randperm(len(x)).split(task.batch_size):
                step(model, optimizer, x[rows])
        return task.passes * task.rows

    return run


def recognise(task: Task) -> Callable[[], int]:
    """Posterior means and log-variances, without gradients."""
    model, x = Example(task.network).eval(), tensor(task)

    def run() -> int:
        with torch.no_grad():
            for _ in range(task.passes):
                for batch in x.split(task.batch_size):
                    model.encode(batch)
        return task.passes * task.rows

    return run
