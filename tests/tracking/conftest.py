import os
import shutil

os.environ.setdefault(
    "MLFLOW_DISABLE_TELEMETRY", "true"
)  # it begins when MLflow is imported, while tests are collected

import pytest

from kvae.config import compose
from kvae.modes import run_mode
from kvae.runs import RunFolder

TINY = ["model=tiny", "data.limit=100", "train.itr=20", "train.log_every=5", "train.jit_compile=false"]


@pytest.fixture(scope="session", autouse=True)
def no_store_of_the_user():
    """What the environment says of MLflow is the user's, not the tests'."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "KVAE_MLFLOW_PARENT"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def record():
    """A function that runs the tiny model in a folder, whose parent is `outputs`, as the command line does."""
    from kvae.training import compiling

    def run(path, *overrides):
        folder = RunFolder(path)
        try:
            run_mode(compose(*TINY, f"outputs={path.parent}", *overrides), path)
        finally:
            compiling.make_deterministic(jit_compile=True)  # the process's own: others get it off
        return folder

    return run


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A database file with MLflow's tables, which take seconds to make."""
    pytest.importorskip("mlflow", reason="needs the extra [tracking]: MLflow is not installed")
    from kvae.tracking.mlflow_store import open_store

    outputs = tmp_path_factory.mktemp("store")
    open_store(None, "other", outputs)
    return outputs / "mlflow.db"


@pytest.fixture
def outputs(tmp_path, empty_store):
    """A folder of run folders with a store of its own."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path
