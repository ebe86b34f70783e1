"""The line between Hydra and the rest: composing and instantiating."""

from pathlib import Path
from typing import Any

from hydra.errors import HydraException, InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from kvae.config.schema import Config, check
from kvae.config.typed import CONF, as_hydra_takes_it
from kvae.config.words import reworded, worded
from kvae.errors import InputError


def check_composed(cfg: DictConfig) -> Config:
    """The checked config from what Hydra composed.

    Raises:
        InputError: For a wrong value, or a key that refers to one that does not exist.
    """
    sections = {str(key): node for key, node in cfg.items_ex(resolve=False) if key != "hydra"}
    try:
        plain = OmegaConf.to_container(OmegaConf.create(sections), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(reworded(" ".join(str(error).split()))) from error
    return check(plain)  # type: ignore[arg-type]


def compose(*overrides: str, config_dir: str | Path = CONF) -> Config:
    """The checked config that the command line would make of `overrides`.

    Raises:
        InputError: For whatever is wrong with them.
    """
    import hydra

    typed = as_hydra_takes_it(list(overrides))
    try:
        with hydra.initialize_config_dir(str(config_dir), version_base="1.3"):
            cfg = hydra.compose("config", overrides=typed)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(worded(error)) from error
    return check_composed(cfg)


def instantiate(node: dict[str, Any], key: str, **arguments: Any) -> Any:
    """Call a node's `_target_` with its own keys and `arguments`.

    Raises:
        InputError: When the target cannot be found or called.
    """
    import hydra.utils

    try:
        return hydra.utils.instantiate(node, **arguments, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise InputError(f"{key}._target_={node['_target_']} failed: {' '.join(str(cause).split())}") from error
