"""The config: its schema, its checks, and the only code of the package that uses Hydra."""

from kvae.config.callbacks import CheckBeforeRun, SweepResult
from kvae.config.errors import job_errors, report_errors, worded
from kvae.config.hydra_app import check_composed, compose, instantiate
from kvae.options.schema import (
    Config,
    check,
)

__all__ = [
    "CheckBeforeRun",
    "Config",
    "SweepResult",
    "check",
    "check_composed",
    "compose",
    "instantiate",
    "job_errors",
    "report_errors",
    "worded",
]
