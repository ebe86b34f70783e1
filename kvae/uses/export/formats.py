"""The formats of export: how Keras writes each, and how the runtime that serves it reads it back."""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae.errors import InputError
from kvae.process.commands import installing
from kvae.process.quiet import quiet_libraries
from kvae.runs.files import why_not_written

# A network as a runtime serves it: arrays by name in, arrays by name out.
Served = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Format:
    """A format of `mode.format`.

    Attributes:
        name: As `mode.format` names it.
        keras_name: As `keras.Model.export` names it.
        suffix: Suffix of its files; empty where it is a folder.
        packages: Packages that write and read it besides Keras and TensorFlow, by the names of their modules.
        runtime: The package that reads it.
        read: Opens what was written.
        options: Gives further arguments for `keras.Model.export`.
    """

    name: str
    keras_name: str
    suffix: str
    packages: Mapping[str, str]
    runtime: str
    read: Callable[[Path], Served]
    options: Callable[[], dict[str, Any]] = dict

    def check_installed(self) -> None:
        """Raise InputError when a package is missing."""
        missing = [name for module, name in self.packages.items() if importlib.util.find_spec(module) is None]
        if missing:
            raise InputError(
                f"mode.format={self.name} needs {', '.join(missing)}: "
                f"{installing('export')}. mode.format=saved_model does not need it"
            )

    def versions(self) -> dict[str, str]:
        """Versions of the packages that wrote and read it."""
        names = ("kvae-experiments", "keras", "tensorflow", *self.packages.values())
        return {name: version(name) for name in names}


def format_named(name: str) -> Format:
    """The format that `mode.format` names.

    Raises:
        InputError: When a package that it needs is not installed.
    """
    chosen = FORMATS[name]
    chosen.check_installed()
    return chosen


def written(network: keras.Model, path: Path, chosen: Format) -> Served:
    """Write a serving network to `path`; return it as the format's runtime reads it from there."""
    ends = [keras.InputSpec(shape=end.shape, dtype=end.dtype, name=end.name) for end in network.inputs]
    network.export(path, format=chosen.keras_name, verbose=False, input_signature=ends, **chosen.options())
    return chosen.read(path)


@contextlib.contextmanager
def conversion_errors(chosen: Format) -> Iterator[None]:
    """Raise the many errors of converters and runtimes as InputError, and hold back their log.

    Raises:
        InputError: When the model holds operations that the format or its runtime lacks.
    """
    with quiet_libraries("tensorflow", "tf2onnx", "absl"):
        try:
            yield
        except Exception as error:
            if isinstance(error, InputError) or why_not_written(error) is not None:
                raise
            text = " ".join(str(error).split())[:300]
            other = ". mode.format=saved_model may be able to" if chosen.suffix else ""
            raise InputError(f"mode.format={chosen.name} cannot express this model: {text}{other}") from error


def read_saved_model(path: Path) -> Served:
    """A SavedModel's default signature, as TensorFlow runs it."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def serve(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        return {name: output.numpy() for name, output in loaded.signatures["serving_default"](**tensors).items()}

    return serve


def read_onnx(path: Path) -> Served:
    """An ONNX graph, as ONNX Runtime runs it on the processor."""
    import onnxruntime

    graph = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in graph.get_outputs()]

    def serve(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, graph.run(names, dict(inputs)), strict=True))

    return serve


def read_litert(path: Path) -> Served:
    """A LiteRT flatbuffer, as LiteRT's interpreter runs it; every call resizes it to the batch."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner("serving_default")

    def serve(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.array(output) for name, output in run(**inputs).items()}

    return serve


def litert_options() -> dict[str, Any]:
    """Allow only LiteRT's own operations: Keras would also allow TensorFlow's, which few runtimes have."""
    import tensorflow as tf

    return {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}}


FORMATS = {
    chosen.name: chosen
    for chosen in (
        Format("saved_model", "tf_saved_model", "", {}, "tensorflow", read_saved_model),
        Format(
            "onnx",
            "onnx",
            ".onnx",
            {"tf2onnx": "tf2onnx", "onnx": "onnx", "onnxruntime": "onnxruntime"},
            "onnxruntime",
            read_onnx,
        ),
        Format(
            "litert",
            "litert",
            ".tflite",
            {"ai_edge_litert": "ai-edge-litert"},
            "ai-edge-litert",
            read_litert,
            litert_options,
        ),
    )
}
