"""The border between Hydra and the rest of kvae: composing configs and instantiating targets."""

import difflib
import re
import sys
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from kvae.config.command_line import as_hydra_takes_it
from kvae.config.conf_files import of_another_option
from kvae.config.words import is_mistake, reworded, worded
from kvae.errors import InputError, in_short
from kvae.options.rules import UnknownKeyError
from kvae.options.schema import GROUPS, Config, check
from kvae.process.paths import CONF


def check_composed(cfg: DictConfig) -> Config:
    """The checked config from the one that Hydra composed.

    Raises:
        InputError: For a wrong value, or a key that refers to one that does not exist.
    """
    sections = {str(key): node for key, node in cfg.items_ex(resolve=False) if key != "hydra"}
    try:
        plain = OmegaConf.to_container(OmegaConf.create(sections), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(reworded(" ".join(str(error).split()))) from error
    try:
        return check(plain, instantiate)  # type: ignore[arg-type]
    except UnknownKeyError as error:
        found = plain.get(error.group) if isinstance(plain, dict) else None
        text = of_another_option(error.group, error.name, known(found)) if error.group in GROUPS else None
        raise error if text is None else InputError(text) from error


def known(section: Any) -> dict[str, Any]:
    """The values of a section by which its option is recognised."""
    return (
        {key: section[key] for key in ("name", "_target_") if key in section} if isinstance(section, dict) else {}
    )


def compose(*overrides: str, config_dir: str | Path = CONF) -> Config:
    """The checked config that the command line composes from `overrides`.

    Raises:
        InputError: For any mistake in them.
    """
    import hydra

    typed = as_hydra_takes_it(list(overrides))
    try:
        with hydra.initialize_config_dir(str(config_dir), version_base="1.3"):
            cfg = hydra.compose("config", overrides=typed)
    except Exception as error:
        if not is_mistake(error):
            raise
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
        raise InputError(f"{key}._target_={node['_target_']} {why_not_called(node['_target_'], error)}") from error


def why_not_called(target: str, error: InstantiationException) -> str:
    """Why a `_target_` cannot be called, in words."""
    cause = error.__cause__ or error
    text = in_short(cause)
    if not text.startswith("Error loading"):
        allocated = re.search(r"OOM when allocating tensor with shape\[([\d,]+)\]", text)
        return f"failed: no memory for weights of shape ({allocated[1]})" if allocated else f"failed: {text}"
    missing = re.search(r"No module named '([^']+)'", text)
    if missing and missing[1] != target and not target.startswith(f"{missing[1]}."):
        return f"failed: it imports {missing[1]}, which is not installed"
    if missing is None and "AttributeError" not in text:
        return f"failed while it was imported: {text.partition(':')[2].strip()}"
    module, _, name = target.rpartition(".")
    known = sys.modules.get(module)
    close = [] if known is None else difflib.get_close_matches(name, dir(known), n=1)
    hint = f". Did you mean {module}.{close[0]}?" if close else ""
    return f"is neither installed nor in {Path.cwd()}{hint or '. Type it as MODULE.FUNCTION'}"
