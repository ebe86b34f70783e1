"""Which store is used, and what is said when it cannot be."""

import logging
import os
import sys

import pytest

from kvae.errors import InputError

pytest.importorskip("mlflow", reason="needs the extra [tracking]: MLflow is not installed")

from kvae.tracking.mlflow_store import open_store, quiet, tracking_uri


def opened(outputs, uri=None, experiment="vae"):
    return open_store(uri, experiment, outputs)


def test_the_key_goes_before_the_variable_and_both_before_the_file(tmp_path, monkeypatch):
    assert tracking_uri(None, tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://variable:1")
    assert tracking_uri(None, tmp_path) == "http://variable:1"
    assert tracking_uri("http://key:1", tmp_path) == "http://key:1"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://127.0.0.1:9", "cannot record in http://127.0.0.1:9: [Errno 111] Connection refused. Start the"),
        ("http://me:secret@127.0.0.1:9", "cannot record in http://me:***@127.0.0.1:9: [Errno 111] "),
        ("sqlite:////proc/none/x.db", "cannot record in sqlite:////proc/none/x.db: [Errno 2] No such file or "),
        ("nonsense://x", "cannot record in nonsense://x: "),
    ],
)
def test_a_store_that_cannot_be_reached_is_one_line_with_its_address(tmp_path, uri, message):
    with pytest.raises(InputError) as caught:
        opened(tmp_path, uri)
    assert f"tracking=mlflow {message}" in str(caught.value)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named_at_once(tmp_path):
    (tmp_path / "x.db").write_bytes(b"something else" * 100)
    with pytest.raises(InputError, match=r"x\.db: file is not a database\. Start"):
        opened(tmp_path, f"sqlite:///{tmp_path}/x.db")


def test_a_missing_part_of_mlflow_is_named(outputs, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(InputError, match=r"import of sqlalchemy halted.*pip install -c constraints\.txt -e"):
        opened(outputs)


def test_an_experiment_that_was_deleted_is_named(outputs):
    store = opened(outputs, experiment="gone")
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(
        InputError, match=r"tracking\.experiment=gone was deleted in sqlite:///.*Type another name"
    ):
        opened(outputs, experiment="gone")


def test_nothing_goes_over_the_network_or_to_the_terminal(outputs, capfd, monkeypatch):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    opened(outputs)
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    level = logging.getLogger("mlflow").level
    with quiet():
        logging.getLogger("mlflow.store.db.utils").error("chatter")
        logging.getLogger("urllib3.connectionpool").warning("chatter")
    assert logging.getLogger("mlflow").level == level
    assert capfd.readouterr() == ("", "")
