"""`tracking=tensorboard`: event files in the run folder, written with `tf.summary`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kvae.options.rules import Name
from kvae.process.quiet import quiet_loggers
from kvae.runs import RunFolder
from kvae.runs.files import relative, write_errors
from kvae.runs.plain import read_plain
from kvae.tracking.about import About
from kvae.tracking.options import TrackingConfig
from kvae.tracking.parameters import parameters
from kvae.tracking.recorder import Point, Recorder

PICTURE_BYTES = 2**25  # more than any picture of kvae has


@dataclass(frozen=True, kw_only=True)
class Options(TrackingConfig):
    """The keys of `tracking=tensorboard`."""

    name: Name = "tensorboard"

    LIBRARY: ClassVar[str | None] = "TensorBoard"
    STAYS: ClassVar[bool] = True


def open_tracker(options: Options, about: About) -> Recorder:
    """The tracker that writes event files."""
    return Recorder(TensorBoard(about))


class TensorBoard:
    """A sink that writes `tensorboard/` in the run folder.

    Curves have the tag `training/<column>`, final metrics `metrics/<name>`, pictures the path of their file.
    """

    def __init__(self, about: About) -> None:
        self.about = about
        self.place = "tensorboard/"
        self.writer: Any = None
        # Imported here, since it takes seconds, for which an error in the config should not wait.
        import tensorflow

        self.tf = tensorflow

    def begin(self, folder: RunFolder) -> dict[str, int]:
        from tensorboard.plugins.hparams import api as hp

        path = folder.tensorboard
        self.place = f"{relative(path)}/"
        with write_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        steps = last_steps(path)
        self.writer = self.tf.summary.create_file_writer(str(path))
        with self.writer.as_default():
            # A trial id per run: by default, TensorBoard averages runs of equal configs.
            hp.hparams(parameters(self.about.keys), trial_id=relative(folder.path))
        self.writer.flush()
        return steps

    def write(self, points: list[Point]) -> None:
        with self.writer.as_default():
            for point in points:
                self.tf.summary.scalar(point.name, point.value, step=point.step)
        self.writer.flush()

    def finish(self, metrics: Mapping[str, float], step: int, folder: RunFolder) -> None:
        with self.writer.as_default():
            for name, value in metrics.items():
                self.tf.summary.scalar(f"metrics/{name}", value, step=step)
            for path in folder.pictures():
                pixels = self.tf.io.decode_png(read_plain(path, PICTURE_BYTES), channels=3)
                name = path.relative_to(folder.path).with_suffix("").as_posix()
                self.tf.summary.image(name, pixels[None], step=step)
        self.writer.close()

    def fail(self, reason: str, interrupted: bool) -> None:
        with self.writer.as_default():
            self.tf.summary.text("ended", f"{'interrupted' if interrupted else 'failed'}: {reason}", step=0)
        self.writer.close()


def last_steps(path: Path) -> dict[str, int]:
    """The last step of every curve in a folder of event files."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(path), size_guidance={"tensors": 1})
    with quiet_loggers("tensorboard"):
        events.Reload()
    return {tag: events.Tensors(tag)[-1].step for tag in events.Tags()["tensors"]}
