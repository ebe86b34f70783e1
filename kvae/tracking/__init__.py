"""Records of a run in addition to its run folder: `tracking=tensorboard` and `tracking=mlflow`.

A mode calls a `Tracker`: `begin`, then `log` once per logged iteration, then `finish` or `fail`. A tracker never
changes a result of the run.
"""

from kvae.tracking.about import About
from kvae.tracking.opening import check_installed, of_sweeps, tracked
from kvae.tracking.tracker import NoTracker, Tracker

__all__ = ["About", "NoTracker", "Tracker", "check_installed", "of_sweeps", "tracked"]
