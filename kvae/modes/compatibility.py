"""Checks before anything is learnt: whether data, likelihood, prior, training and workers fit each other."""

import numpy as np

from kvae.data import Data
from kvae.data.checks import check_support
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.likelihoods.support import Support
from kvae.model import VAE
from kvae.modules import Module
from kvae.options.schema import Config
from kvae.training import devices
from kvae.training.checkpoint_file import TrainingState


def check_data(config: Config, data: Data, support: Support | None, above: list[Module]) -> None:
    """Raise InputError where the data does not suit the likelihood, the modules or the training."""
    for part in (data.train, data.test):
        if part is not None:
            check_support(part.x, support, config.data)
    n, batch_size = len(data.train), config.train.batch_size
    if isinstance(data.train.x, StoredRows) and (batch_size or n) >= n:
        raise InputError(
            f"train.batch_size={batch_size or 'null'} takes all {n:,} rows at once, but they are larger than "
            "data.memory and streamed. Type train.batch_size=512, for example"
        )
    if config.data.normal_label is not None and any(module.of_all_rows for module in above):
        raise InputError(
            f"data.normal_label does not go with prior={config.prior.called}, whose file has one row per data row"
        )
    if config.train.patience is not None:
        check_patience(config, data, any(module.learns for module in above))


def check_patience(config: Config, data: Data, in_rounds: bool) -> None:
    """Raise InputError where training cannot stop early."""
    if data.test is None:
        raise InputError(
            "train.patience needs held-out rows. Set data.test_fraction above 0, or train.patience=null"
        )
    if in_rounds:
        raise InputError(
            f"train.patience={config.train.patience} does not go with prior={config.prior.called}, whose messages "
            "move val_loss from round to round. Set train.patience=null"
        )


def check_workers(config: Config, data: Data, vae: VAE, state: TrainingState | None) -> None:
    """Raise InputError where the workers of `train.strategy=multi_worker` differ in config, data or checkpoint."""
    first = np.asarray(data.train.x[:100], np.float32)
    groups = {name: config.plain[name] for name in ("seed", "model", "prior", "kl")}
    train = {key: value for key, value in config.plain["train"].items() if key != "resume"}
    how = {key: value for key, value in config.plain["data"].items() if key not in ("path", "labels", "cache")}
    devices.check_agreement(
        vae.strategy,
        config=(groups, train, how),
        data=(data.train.x.shape, first.tobytes()),
        checkpoint=(0, 0) if state is None else (state.iteration, state.steps),
    )
