"""A model that was learnt elsewhere as a module: it sends its outputs and does not learn."""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae import model as models
from kvae.errors import InputError
from kvae.modules.gaps import known_rows
from kvae.modules.hooks import Messages, Sent
from kvae.modules.model_file import load_model
from kvae.modules.module import Module
from kvae.runs import ModuleFolder

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 256


class Frozen(Module):
    """Any Keras model, or the encoder of a learnt VAE, that sends its outputs and does not learn.

    Forward message: the model's outputs for the observed rows, an array of any shape with a row per observation;
    of a VAE the posterior means `(n, latent_dim)`, with their variances. A row of NaN gives a row of NaN. It sends
    no backward messages. It does not use messages from above, and logs that once.

    A file is read in Keras's safe mode: no code in it runs, and its layers may not take more memory than the
    stored weights.

    Args:
        model: A Keras model with one input, such as one of `keras.applications`; or the path of a `.keras` file,
            or of a module's folder in a run, which holds such a file.
        layer: Name of the layer whose output is sent; None: the output of the model.
        name: Names the folder.
        mode: `learn` or `recog`; both do the same.
        folder: As in `Module`.

    Raises:
        InputError: When `model` is not a model, or its file holds none or cannot be read.
    """

    takes_gaps = True

    def __init__(
        self,
        model: Any,
        layer: str | None = None,
        name: str = "frozen",
        mode: str = "learn",
        *,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        if isinstance(model, str | Path):
            model = load_model(file_of(Path(model)))
        if not isinstance(model, keras.Model):
            raise InputError(f"model must be a Keras model, or the path of one. Received: {type(model).__name__}")
        self.model, self.layer = model, layer
        self.network = part_of_model(model, layer)
        self.var: np.ndarray | None = None
        self.logged = False

    def update(self, write: bool = True) -> None:
        """Send the model's outputs for the observed rows. Draws no random numbers.

        Args:
            write: Whether to call `write`, which writes `forward_{mode}`.

        Raises:
            InputError: Before `connect`, for several observed modules, and for rows of a shape that the model does
                not take.
        """
        if len(self.observed) > 1:
            names = ", ".join(module.name for module in self.observed)
            raise InputError(f"{self.name} observes one module. Received: {names}")
        messages = self.infer(self.get_observations())
        self.var = messages.var
        self.set_forward_msg(messages.forward)
        self.updates += self.mode == "learn"
        if write:
            self.write()

    def step(self) -> None:
        if self.get_forward_msg() is None:  # the outputs are the same in every round
            self.update(write=False)

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        x = np.asarray(observations[0][:], np.float32)
        known = known_rows(x)
        parts = self.outputs(x[known] if known.any() else np.zeros((1, *x.shape[1:])))
        full = [np.full((len(x), *part.shape[1:]), np.nan, part.dtype) for part in parts]
        for one, part in zip(full, parts, strict=True):
            one[known] = part[: known.sum()]
        return Messages(full[0], [None] * len(self.observed), full[1] if len(full) > 1 else None)

    def infer_from(self, observations: list[Sent], above: Any = None) -> Messages:
        return self.infer([one.forward for one in observations])

    @property
    def takes_cells(self) -> bool:  # type: ignore[override]
        """Whether the model is a VAE that takes rows with missing values."""
        support = self.model.likelihood.support if isinstance(self.model, models.VAE) else None
        return support is not None and support.missing and not self.layer

    def outputs(self, x: np.ndarray) -> list[np.ndarray]:
        """The model's outputs for rows `(n, ...)`; of a VAE the posterior means and their variances.

        Raises:
            InputError: When the model does not take rows of this shape, or gives anything but one array of n rows.
        """
        wanted = tuple(self.network.input_shape[1:]) if self.layer or not isinstance(self.model, models.VAE) else (
            self.model.data_shape
        )  # fmt: skip
        if len(wanted) != x.ndim - 1 or any(a not in (None, b) for a, b in zip(wanted, x.shape[1:], strict=True)):
            raise InputError(f"{self.name} takes observations of shape {wanted}. Received: {x.shape[1:]}")
        if isinstance(self.model, models.VAE) and not self.layer:
            z_mean, z_log_var = self.model.encode(x)
            return [z_mean, np.exp(z_log_var)]
        found = self.network.predict(x, batch_size=ROWS_AT_ONCE, verbose=0)
        if not isinstance(found, np.ndarray) or len(found) != len(x):
            raise InputError(
                f"{self.name} needs a model that gives one array with a row per observation. "
                f"Received: {type(found).__name__}. Choose a layer that gives one as {self.keys}layer"
            )
        return [found]

    def get_forward_var(self) -> np.ndarray | None:
        """Posterior variances `(n, latent_dim)` of a VAE's codes; None for other models."""
        return self.var

    def check_backward(self, message: Any, source: str) -> None:
        if not self.logged:
            log.info("%s does not learn: it does not use what %s sends", self.name, source)
            self.logged = True

    def resend(self) -> None:
        """Do nothing: this module sends no backward messages."""

    def state(self) -> dict[str, np.ndarray]:
        arrays = super().state()
        return arrays if self.var is None else arrays | {"var": self.var}

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        super().resume(arrays)
        self.var, self._sent = arrays.get("var"), []

    def load(self) -> None:
        """Do nothing: the constructor has loaded the model."""

    def describe(self) -> str:
        return "no messages: the model is frozen"


def file_of(path: Path) -> Path:
    """The `.keras` file of a path, which is the file itself or a module's folder.

    Raises:
        InputError: When there is no such file.
    """
    found = ModuleFolder(path).model if path.is_dir() else path
    if not found.is_file():
        raise InputError(
            f"model must be the path of a .keras file, or of a folder with one such as outputs/.../module001_vae. "
            f"Received: {path}, and there is no {found}"
        )
    return found


def part_of_model(model: keras.Model, layer: str | None) -> keras.Model:
    """A model that ends at one of its layers; of a VAE its encoder up to that layer. None: the model itself.

    Raises:
        InputError: When there is no such layer, or the layer has no single output.
    """
    if layer is None:
        return model
    network = model.encoder if isinstance(model, models.VAE) else model
    names = [one.name for one in network.layers]
    if layer not in names:
        raise InputError(f"layer must be one of {', '.join(names)}. Received: layer={layer!r}")
    try:
        return keras.Model(network.inputs, network.get_layer(layer).output)
    except (AttributeError, ValueError) as error:
        raise InputError(f"layer={layer} has no output of its own: {' '.join(str(error).split())}") from error
