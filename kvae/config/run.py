"""The program of `kvae` and `python run.py`: Hydra composes the config for a mode or a job of a sweep."""

import sys

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

import kvae
from kvae.config.errors import report_errors
from kvae.config.jobs import run_job, run_one
from kvae.process.paths import CONF, installed_first
from kvae.process.visible import say


def run(cfg: DictConfig) -> float:
    """Run the configured mode, or one job of a sweep; returns the value of the objective, for sweepers."""
    installed_first()  # also in the workers of a launcher
    now = HydraConfig.get()
    return run_one(cfg, now) if now.mode == RunMode.RUN else run_job(cfg, now)


def main() -> None:
    """Run the command in the arguments of the process."""
    if "--version" in sys.argv[1:]:  # Hydra would print only its own version
        say(f"kvae {kvae.__version__}, with Hydra {hydra.__version__}", sys.stdout)
        return
    report_errors(hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(run))
