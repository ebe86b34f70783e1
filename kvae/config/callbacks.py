"""What happens before Hydra's first job, and after its last."""

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from kvae.config.errors import print_error
from kvae.config.hydra_app import check_composed
from kvae.errors import InputError


class CheckBeforeRun(Callback):
    """Check the config, and that no other run is at work there, before Hydra writes to the run folder.

    A mistake leaves nothing behind. Of several machines only the chief gets a run folder.
    """

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        self.check(config, "run")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        if OmegaConf.select(config, "train.strategy") == "multi_worker":
            self.check(config, "sweep")

    def check(self, config: DictConfig, kind: str) -> None:
        from kvae.cluster import cluster_of
        from kvae.lock import lock
        from kvae.tracking import check_installed

        try:
            checked = check_composed(config)
            check_installed(checked.tracking.name)
            cluster = cluster_of(checked)
            if cluster is not None and not cluster.is_chief:
                leave_writing_to_the_chief(config, kind)
            if kind == "run":
                lock(Path(config.hydra.run.dir))
        except InputError as error:
            # Hydra turns a callback's exceptions into warnings; SystemExit passes.
            print_error(error)
            raise SystemExit(1) from error


def leave_writing_to_the_chief(config: DictConfig, kind: str) -> None:
    """Give a worker a folder that goes with it, and let it go on from what the chief's run folder holds."""
    from kvae.artifacts import RunFolder
    from kvae.cluster import scratch_folder

    begun = RunFolder(config.hydra[kind].dir)
    with read_write(config), open_dict(config):
        if begun.vae.is_begun and config.train.resume is None:
            config.train.resume = str(begun.path)
        with read_write(config.hydra):
            config.hydra[kind].dir = str(scratch_folder())


class SweepResult(Callback):
    """When a sweep ends, write and show what came of it; exit status 1 where a job did not come to its end."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        from kvae.config.sweeps import finish

        try:
            complete = finish()
        except InputError as error:  # a full disk: Hydra turns a callback's exceptions into warnings
            print_error(error)
            raise SystemExit(1) from error
        if not complete:
            raise SystemExit(1)
