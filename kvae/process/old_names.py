"""Earlier names of modules, which can still be imported: each gives the module of the present name."""

import importlib
import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# The earlier names that docs and examples imported, and the present ones.
NOW = {
    "kvae.artifacts": "kvae.runs",
    "kvae.checkpoint": "kvae.training.checkpoint_file",
    "kvae.evaluation": "kvae.uses.evaluation",
    "kvae.export": "kvae.uses.export",
    "kvae.generation": "kvae.uses.generation",
    "kvae.mixture": "kvae.modules.mixture",
    "kvae.plan": "kvae.data.batches.plan",
    "kvae.saving": "kvae.modules.model_file",
    "kvae.scores": "kvae.uses.scores",
    "kvae.trainer": "kvae.training.fit",
}


def announce() -> None:
    """Make the old names importable."""
    if not any(isinstance(finder, OldNames) for finder in sys.meta_path):
        sys.meta_path.append(OldNames())


class OldNames(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of `NOW`, and what is within them, under their old names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if name_now(fullname) is None else ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(name_now(spec.name) or spec.name)
        self.own = module.__spec__  # which the import system is about to replace by the old name's
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.own


def name_now(fullname: str) -> str | None:
    """The present name of a module with an earlier name; None for all others."""
    package, _, rest = fullname.partition(".")
    first, _, rest = rest.partition(".")
    now = NOW.get(f"{package}.{first}")
    return None if now is None else ".".join(filter(None, (now, rest)))
