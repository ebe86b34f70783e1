"""`mode=export`: encoder and decoder of a learnt run for serving, which are checked after they are written."""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from kvae.errors import InputError
from kvae.metrics.serving import serving_metrics
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import UseConfig
from kvae.options.rules import Name, number, one_of
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.runs.files import relative, whole_file, whole_folder, write_json
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    import keras

    from kvae.data import InputSpec
    from kvae.uses.export import Format, Served
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

OWN_UNITS = "the data's own, before scaling"
# The same of a table of mixed kinds.
TABLE_UNITS = "the table's own: numbers as they are, categories as indices in input.table, dates in days"
# What each input and output is measured in.
UNITS = {
    "x": OWN_UNITS,
    "x_hat": f"{OWN_UNITS}; the mean of p(x|z)",
    "z": "standard deviations of the prior N(0, I)",
    "z_mean": "as z; the mean of q(z|x)",
    "z_log_var": "natural logarithm of the variance of q(z|x)",
}


@dataclass(frozen=True, kw_only=True)
class Options(UseConfig):
    """The keys of `mode=export`."""

    name: Name = "export"
    format: Annotated[str, one_of("saved_model", "onnx", "litert")] = "saved_model"
    tolerance: Annotated[float, number(0, 1e-4, above=True)] = 1e-4


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Export the learnt run that the config names or fits to `folder`. `tracker` records the run.

    Nothing is written under its name before it was read back and agrees with the Keras model. Draws the codes
    of that check from the config's seed; what is exported draws nothing.

    Raises:
        InputError: When no learnt run fits, a package is missing, the format cannot express a network, or what
            was written differs from the model by more than `mode.tolerance`.
    """
    import keras

    from kvae.modes.opening import open_learnt, refuse_conditional
    from kvae.uses.export import format_named

    began = time.perf_counter()
    chosen = format_named(config.mode.format)
    with keras.device("cpu:0"):  # GPUs round products of matrices: the check would measure that
        learnt = open_learnt(config)
        refuse_conditional(learnt, "mode=export")
        log.info("exporting %s", relative(learnt.folder.path))
        (tracker or NoTracker()).begin(folder)
        folder.reopen()
        folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
        record = export(config, learnt, chosen, folder)
    errors = record["check"]["errors"]
    n_bytes = sum(record[name]["bytes"] for name in ("encoder", "decoder"))
    metrics = serving_metrics(max(errors["z_mean"], errors["z_log_var"]), errors["x_hat"], n_bytes)
    metrics |= speed(time.perf_counter() - began)
    finish_run(folder, metrics)
    return metrics, folder


def export(config: Config, learnt: Opened, chosen: Format, folder: RunFolder) -> dict[str, Any]:
    """Write both networks, check them and describe them in `export.json`; the description."""
    from kvae.uses.export import BATCH_SIZES, conversion_errors, written

    networks = serving_networks(learnt)
    paths = {name: folder.vae.exported(name, chosen.suffix) for name in networks}
    with contextlib.ExitStack() as files, conversion_errors(chosen):
        whole = whole_file if chosen.suffix else whole_folder
        parts = {name: files.enter_context(whole(path)) for name, path in paths.items()}
        served = {name: written(network, parts[name], chosen) for name, network in networks.items()}
        errors = check_served(config, learnt, served)
    record = {
        "format": chosen.name,
        "learnt_run": str(learnt.folder.path),
        **{name: described(network, paths[name], learnt.spec) for name, network in networks.items()},
        "input": learnt.spec.to_json(),
        "check": {
            "runtime": chosen.runtime,
            "batch_sizes": list(BATCH_SIZES),
            "seed": config.run.seed,
            "tolerance": config.mode.tolerance,
            "errors": errors,
        },
        "versions": chosen.versions(),
    }
    write_json(folder.vae.export_record, record)
    tell(record, folder.vae.path)
    return record


def serving_networks(learnt: Opened) -> dict[str, keras.Model]:
    """Encoder and decoder for serving, by name.

    Raises:
        InputError: When the run's files do not fit each other.
    """
    from kvae.uses.export import serving_decoder, serving_encoder

    try:
        for numbers in (learnt.spec.scaling.offset, learnt.spec.scaling.divisor):
            np.broadcast_to(numbers, learnt.vae.data_shape)  # else TensorFlow would broadcast the observations
        return {
            "encoder": serving_encoder(learnt.vae, learnt.spec),
            "decoder": serving_decoder(learnt.vae, learnt.spec),
        }
    except ValueError as error:
        text = " ".join(str(error).split())[:300]
        raise InputError(f"{learnt.folder.path} cannot be exported: {text}") from error


def check_served(config: Config, learnt: Opened, served: dict[str, Served]) -> dict[str, float]:
    """The largest difference of every output from the Keras model's, relative to its scale.

    Raises:
        InputError: When one is above `mode.tolerance`.
    """
    from kvae.uses.export import Probe, errors_of

    learnt.vae.jit_compile = False  # 64 rows take less time than compiling
    probe = Probe.of(learnt.vae, learnt.spec, config.run.seed)
    errors = errors_of(served["encoder"], {"x": probe.x}, probe.posterior)
    errors |= errors_of(served["decoder"], {"z": probe.z}, probe.decoded, learnt.spec.scaling.divisor)
    mode = config.mode
    for name, error in errors.items():
        if not error <= mode.tolerance:  # true of NaN as well
            raise InputError(
                f"{name} of what mode.format={mode.format} wrote differs from the model's by {error:.1e} of its "
                f"scale, more than mode.tolerance={mode.tolerance:g}. Nothing was kept. Type another mode.format, "
                "or a larger mode.tolerance if that is close enough"
            )
    return errors


def units_of(spec: InputSpec) -> dict[str, str]:
    """What each input and output is measured in."""
    if spec.table is None:
        return UNITS
    return UNITS | {
        "x": f"{TABLE_UNITS}; NaN where a value is missing",
        "x_hat": f"{TABLE_UNITS}; the mean of p(x|z), or the most probable category",
    }


def described(network: keras.Model, path: Path, spec: InputSpec) -> dict[str, Any]:
    """The file of a network, and its inputs and outputs by name; the first axis of a shape is the batch."""
    units = units_of(spec)
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    ends = {"inputs": {tensor.name: tensor for tensor in network.inputs}, "outputs": network.output}
    return {
        "path": path.name,
        "bytes": sum(file.stat().st_size for file in files),
        **{
            kind: {
                name: {"shape": list(tensor.shape), "dtype": tensor.dtype, "units": units[name]}
                for name, tensor in tensors.items()
            }
            for kind, tensors in ends.items()
        },
    }


def tell(record: dict[str, Any], folder: Path) -> None:
    """Log what was exported, its files and their sizes, and how it was checked."""
    from kvae.uses.export import BATCH_SIZES

    for name in ("encoder", "decoder"):
        one = record[name]
        took, gave = (", ".join(map(as_text, one[kind].items())) for kind in ("inputs", "outputs"))
        log.info("%s: %s -> %s", name, took, gave)
        log.info("  %s, %.2f MB", relative(folder / one["path"]), one["bytes"] / 1e6)
    runtime = record["check"]["runtime"]
    sizes = ", ".join(map(str, BATCH_SIZES))
    log.info(
        "read back with %s %s, compared with the model in batches of %s",
        runtime,
        record["versions"][runtime],
        sizes,
    )


def as_text(end: tuple[str, dict[str, Any]]) -> str:
    """An input or output as text: `x (n, 64)`."""
    name, tensor = end
    return f"{name} ({', '.join(['n', *map(str, tensor['shape'][1:])])})"
