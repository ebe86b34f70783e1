"""Records of a run besides its run folder, which `tracking=tensorboard` and `tracking=mlflow` keep.

A mode talks to a `Tracker`: `begin`, then `log` once per logged interval, then `finish` or `fail`. What a tracker
does never changes a result of the run.
"""

from kvae.tracking.about import About
from kvae.tracking.opening import check_installed, of_sweeps, tracked
from kvae.tracking.tracker import NoTracker, Tracker

__all__ = ["About", "NoTracker", "Tracker", "check_installed", "of_sweeps", "tracked"]
