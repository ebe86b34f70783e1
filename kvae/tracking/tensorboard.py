"""`tracking=tensorboard`: event files in the run folder, by TensorFlow's own `tf.summary`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api as hp

from kvae.options.schema import Config
from kvae.process.quiet import quiet_loggers
from kvae.runs import RunFolder
from kvae.runs.files import relative, write_errors
from kvae.runs.plain import read_plain
from kvae.tracking.parameters import parameters
from kvae.tracking.recorder import Point

PICTURE_BYTES = 2**25  # of one picture: more than kvae draws


class TensorBoard:
    """A sink that writes `tensorboard/` in the run folder.

    Curves are tagged `training/<column>`, final metrics `metrics/<name>`, pictures by their files.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.place = "tensorboard/"
        self.writer: Any = None

    def begin(self, folder: RunFolder) -> dict[str, int]:
        path = folder.tensorboard
        self.place = f"{relative(path)}/"
        with write_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        steps = last_steps(path)
        self.writer = tf.summary.create_file_writer(str(path))
        with self.writer.as_default():
            # A trial of its own: by default runs of equal configs would be averaged.
            hp.hparams(parameters(self.config.plain), trial_id=relative(folder.path))
        self.writer.flush()
        return steps

    def write(self, points: list[Point]) -> None:
        with self.writer.as_default():
            for point in points:
                tf.summary.scalar(point.name, point.value, step=point.step)
        self.writer.flush()

    def finish(self, metrics: Mapping[str, float], step: int, folder: RunFolder) -> None:
        with self.writer.as_default():
            for name, value in metrics.items():
                tf.summary.scalar(f"metrics/{name}", value, step=step)
            for path in folder.pictures():
                pixels = tf.io.decode_png(read_plain(path, PICTURE_BYTES), channels=3)
                name = path.relative_to(folder.path).with_suffix("").as_posix()
                tf.summary.image(name, pixels[None], step=step)
        self.writer.close()

    def fail(self, reason: str, interrupted: bool) -> None:
        with self.writer.as_default():
            tf.summary.text("ended", f"{'interrupted' if interrupted else 'failed'}: {reason}", step=0)
        self.writer.close()


def last_steps(path: Path) -> dict[str, int]:
    """The last step of every curve in a folder of event files."""
    events = EventAccumulator(str(path), size_guidance={"tensors": 1})
    with quiet_loggers("tensorboard"):
        events.Reload()
    return {tag: events.Tensors(tag)[-1].step for tag in events.Tags()["tensors"]}
