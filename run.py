"""The command line: `python run.py --help`. Only composes and hands on; what it runs stands in `kvae/modes/`."""

import logging

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float | None:
    """Run the configured mode; the return value is what a sweep minimises."""
    from kvae.config import check_composed
    from kvae.errors import InputError
    from kvae.modes import run_mode

    try:
        return run_mode(check_composed(cfg), HydraConfig.get().runtime.output_dir)
    except InputError as error:
        logging.getLogger(__name__).error(error)
        error.logged = True
        raise


if __name__ == "__main__":
    from kvae.config import report_errors

    report_errors(main)
