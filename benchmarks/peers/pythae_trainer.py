"""Pythae's own trainer, with the networks of the PyTorch peer."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable

from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig

from benchmarks.peers.torch_memory import Example, decoder_body, tensor
from benchmarks.task import LATENT_DIM, LEARNING_RATE, Task

logging.disable(logging.WARNING)


class Encoder(BaseEncoder):
    """The encoder in Pythae's form."""

    def __init__(self, network: str) -> None:
        BaseEncoder.__init__(self)
        self.latent_dim = LATENT_DIM
        self.example = Example(network)
        del self.example.decoder

    def forward(self, x):
        mean, log_var = self.example.encode(x)
        return ModelOutput(embedding=mean, log_covariance=log_var)


class Decoder(BaseDecoder):
    """The decoder in Pythae's form."""

    def __init__(self, network: str) -> None:
        BaseDecoder.__init__(self)
        self.body = decoder_body(network)

    def forward(self, z):
        return ModelOutput(reconstruction=self.body(z))


def learn(task: Task) -> Callable[[], int]:
    """Train with `train_step`, which Pythae's `train` calls once per epoch."""
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENT_DIM, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder(task.network), decoder=Decoder(task.network))
    x = tensor(task)
    training = BaseTrainerConfig(
        output_dir=tempfile.mkdtemp(),
        num_epochs=1,
        per_device_train_batch_size=task.batch_size,
        learning_rate=LEARNING_RATE,
        no_cuda=True,
    )
    trainer = BaseTrainer(model, BaseDataset(x, x[:, 0, 0, 0]), training_config=training)
    trainer.prepare_training()

    def run() -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for epoch in range(task.passes):
                trainer.train_step(epoch)
        return task.passes * task.rows

    return run
