"""The configuration: its schema, its checks, and all that the package knows of Hydra."""

from kvae.config.callbacks import CheckBeforeRun, SweepResult
from kvae.config.errors import job_errors, report_errors, worded
from kvae.config.hydra_app import check_composed, compose, instantiate
from kvae.options.schema import (
    Config,
    DataConfig,
    KLConfig,
    ModeConfig,
    ModelConfig,
    PriorConfig,
    TrackingConfig,
    TrainConfig,
    check,
)

__all__ = [
    "CheckBeforeRun",
    "Config",
    "DataConfig",
    "KLConfig",
    "ModeConfig",
    "ModelConfig",
    "PriorConfig",
    "SweepResult",
    "TrackingConfig",
    "TrainConfig",
    "check",
    "check_composed",
    "compose",
    "instantiate",
    "job_errors",
    "report_errors",
    "worded",
]
