"""The configuration: its schema, its checks, and all that the package knows of Hydra."""

from kvae.config.hydra_app import (
    CheckBeforeRun,
    check_composed,
    compose,
    instantiate,
    job_errors,
    report_errors,
)
from kvae.config.schema import (
    Config,
    DataConfig,
    KLConfig,
    ModeConfig,
    ModelConfig,
    PriorConfig,
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
    "TrainConfig",
    "check",
    "check_composed",
    "compose",
    "instantiate",
    "job_errors",
    "report_errors",
]
