"""Variational autoencoders in Keras whose prior mean is a message from another module."""

import os
import sys
from typing import TYPE_CHECKING, Any

from kvae.process import old_names
from kvae.vae.registry import announce

__version__ = "0.1.0"
__all__ = ["VAE", "open_run"]

if sys.argv[:1] == ["-m"]:  # `python -m kvae.report`: nothing else of kvae is imported yet
    from kvae.process.paths import check_program, installed_first

    check_program()
    installed_first()

if "keras" not in sys.modules:
    # A `~/.keras/keras.json` made for another project must not choose the backend of this one.
    os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"

announce()
old_names.announce()

if TYPE_CHECKING:
    from kvae.model import VAE
    from kvae.uses import open_run


def __getattr__(name: str) -> Any:
    # TensorFlow takes seconds to import: `import kvae` alone, `--help` and a config error do without it.
    if name == "VAE":
        from kvae.model import VAE

        return VAE
    if name == "open_run":
        from kvae.uses import open_run

        return open_run
    raise AttributeError(f"module 'kvae' has no attribute {name!r}")
