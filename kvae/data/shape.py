"""The shape of observations for a learnt model, and what to type where it is another one."""

import math
from dataclasses import fields

from kvae.data.options import DataConfig
from kvae.errors import InputError


def check_shape(shape: tuple[int, ...], expected: tuple[int, ...], config: DataConfig) -> None:
    """Raise InputError unless observations have the shape that a learnt model expects."""
    if shape != expected:
        raise InputError(
            f"{config.called} must have observations of shape {expected}, as the learnt run had. "
            f"Received: {shape}. {what_shapes(shape, expected, config)}another run with mode.run=FOLDER"
        )


def what_shapes(shape: tuple[int, ...], expected: tuple[int, ...], config: DataConfig) -> str:
    """What to type for observations of the shape that a learnt model expects; ends before `another run`."""
    if config.IS_FOLDER and len(expected) == 3:
        sides = zip(("height", "width", "channels"), expected, strict=True)
        return f"Type {' '.join(f'data.{key}={size}' for key, size in sides)}, or choose "
    keys = {field.name for field in fields(config)}
    if "shape" in keys and 1 in (len(shape), len(expected)) and math.prod(shape) == math.prod(expected):
        image = expected[:-1] if len(expected) == 3 and expected[-1] == 1 else expected
        return f"Type data.shape=[{','.join(map(str, image))}], or choose "
    return "Choose the columns with data.columns, or " if "columns" in keys and len(shape) == 1 else "Choose "
