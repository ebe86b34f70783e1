"""Several trackers as one."""

from collections.abc import Mapping

from kvae.runs import RunFolder
from kvae.tracking.tracker import Tracker


class Several:
    """Passes every call to each of `trackers` in turn."""

    def __init__(self, *trackers: Tracker) -> None:
        self.trackers = trackers

    def begin(self, folder: RunFolder) -> None:
        for tracker in self.trackers:
            tracker.begin(folder)

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        for tracker in self.trackers:
            tracker.log(iteration, row, group)

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        for tracker in self.trackers:
            tracker.finish(metrics, folder)

    def fail(self, reason: str, interrupted: bool = False) -> None:
        for tracker in self.trackers:
            tracker.fail(reason, interrupted)
