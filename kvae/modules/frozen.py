"""A model that was learnt elsewhere as a module: it sends what it makes of its observations."""

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
    """Any Keras model, or the encoder of a learnt VAE, which only sends.

    Forward message: what the model gives for what is observed, of any shape with a row per observation; of a VAE
    the posterior means `(n, latent_dim)`, with their variances. Of a row of NaN it sends NaN. It sends nothing
    down, and what comes from above is not used, which is said once.

    A file is read in Keras's safe mode: no code in it is run, and it may ask for no more memory than its weights
    take.

    Args:
        model: A Keras model with one input, such as one of `keras.applications`; or the path of a `.keras` file,
            or of a module's folder in a run, which holds one.
        layer: The name of the layer of the model whose output is sent; None: the model's own.
        name: Names the folder.
        mode: `learn` or `recog`, which do the same.
        folder: As in `Module`.

    Raises:
        InputError: For what is no model, or a file that holds none.
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
        self.heard = False

    def update(self, write: bool = True) -> None:
        """Send what the model gives. Draws nothing.

        Writes `forward_{mode}` unless told not to.

        Raises:
            InputError: Before `connect`, and for rows of another shape than the model takes.
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
        if self.get_forward_msg() is None:  # it is the same in every round
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
        """Whether it is a VAE that takes rows in which values are missing."""
        support = self.model.likelihood.support if isinstance(self.model, models.VAE) else None
        return support is not None and support.missing and not self.layer

    def outputs(self, x: np.ndarray) -> list[np.ndarray]:
        """What the model gives for rows, and of a VAE its variances.

        Raises:
            InputError: When it does not take them.
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
                f"{self.name} needs a model that gives one array with a row per observation. Name a layer of it: "
                f"{self.keys}layer. Received: {type(found).__name__}"
            )
        return [found]

    def get_forward_var(self) -> np.ndarray | None:
        """Posterior variances of a VAE's codes; None of other models."""
        return self.var

    def check_backward(self, message: Any, source: str) -> None:
        if not self.heard:
            log.info("%s does not learn: it does not use what %s sends", self.name, source)
            self.heard = True

    def resend(self) -> None:
        """There is nothing to send."""

    def state(self) -> dict[str, np.ndarray]:
        arrays = super().state()
        return arrays if self.var is None else arrays | {"var": self.var}

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        super().resume(arrays)
        self.var, self._sent = arrays.get("var"), []

    def load(self) -> None:
        """There is nothing to take up: the model is at hand."""

    def describe(self) -> str:
        return "no messages: the model is frozen"


def file_of(path: Path) -> Path:
    """The `.keras` file that a path means: itself, or that in a module's folder.

    Raises:
        InputError: When there is none.
    """
    found = ModuleFolder(path).model if path.is_dir() else path
    if not found.is_file():
        raise InputError(
            f"model must be the path of a .keras file, or of a folder with one such as outputs/.../module001_vae. "
            f"Received: {path}, and there is no {found}"
        )
    return found


def part_of_model(model: keras.Model, layer: str | None) -> keras.Model:
    """A model up to one of its layers.

    Raises:
        InputError: When it has no such layer, or it cannot be known what goes into it.
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
