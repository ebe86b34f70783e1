"""The command line: `python run.py --help`. Only composes and hands on; what it runs stands in `kvae/modes/`."""

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float | None:
    """Run the configured mode; the return value is what a sweep minimises."""
    from kvae.config import check_composed, job_errors
    from kvae.modes import run_mode

    with job_errors():
        return run_mode(check_composed(cfg), HydraConfig.get().runtime.output_dir)


if __name__ == "__main__":
    from kvae.config import report_errors

    report_errors(main)
