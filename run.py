"""The command line: `python run.py --help`. Only composes and hands on; what it runs stands in `kvae/modes/`."""

from kvae.process.paths import installed_first

installed_first()  # before anything else is looked for

import hydra  # noqa: E402
from hydra.core.hydra_config import HydraConfig  # noqa: E402
from hydra.types import RunMode  # noqa: E402
from omegaconf import DictConfig  # noqa: E402


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run the configured mode, or one job of a sweep; the return value is what a sweep minimises."""
    from kvae.config.jobs import run_job, run_one
    from kvae.process.paths import installed_first

    installed_first()  # in workers of a launcher as well
    hydra = HydraConfig.get()
    return run_one(cfg, hydra) if hydra.mode == RunMode.RUN else run_job(cfg, hydra)


if __name__ == "__main__":
    from kvae.config import report_errors

    report_errors(main)
