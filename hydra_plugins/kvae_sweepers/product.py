"""Hydra's basic sweeper with keys that vary together, and a plan of the jobs in the sweep's folder."""

from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override


class Product(BasicSweeper):
    """Every combination of the swept values, except that the keys in `together` vary together."""

    def __init__(
        self,
        max_batch_size: int | None,
        params: dict[str, str] | None = None,
        together: Sequence[str] | None = None,
    ) -> None:
        super().__init__(max_batch_size, params)
        self.together = list(together or [])

    def sweep(self, arguments: list[str]) -> Any:
        """Check and record the jobs, then run them."""
        from kvae.config.sweeps import begin, check_jobs

        assert self.hydra_context is not None and self.config is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        batches = self.split_arguments(parser.parse_overrides([*self._parse_config(), *arguments]), None)
        ends = [batches[0][0], batches[0][-1]]
        check_jobs(self.hydra_context.config_loader.load_sweep_config(self.config, job) for job in ends)
        begin(self.config, batches[0])
        return super().sweep(arguments)

    def split_arguments(  # type: ignore[override]
        self, overrides: list[Override], max_batch_size: int | None
    ) -> list[list[list[str]]]:
        """The overrides of every job, in batches."""
        from kvae.config.sweeps import combinations

        each = {
            override.get_key_element(): BasicSweeper.split_arguments([override], None) for override in overrides
        }
        values = {key: [job[0] for job in batches[0]] for key, batches in each.items()}
        return list(self.split_overrides_to_chunks(combinations(values, self.together), max_batch_size))
