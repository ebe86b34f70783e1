import json

import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.training import cluster

WORKERS = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}
CHIEF = {"cluster": {"chief": ["c:1"], "worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}


@pytest.mark.parametrize(
    ("config", "workers", "index"), [(WORKERS, ("a:1", "b:1"), 1), (CHIEF, ("c:1", "a:1"), 1)]
)
def test_workers_are_read_with_the_chief_first(monkeypatch, config, workers, index):
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    found = cluster.read_cluster()
    assert (found.workers, found.index, found.is_chief) == (workers, index, False)
    config["task"] = {"type": next(iter(config["cluster"])), "index": 0}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert cluster.read_cluster().is_chief


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"needs TF_CONFIG in every worker's environment, as \{"),
        ("{", r"TF_CONFIG must be JSON such as .* Received: \{ \(JSONDecodeError"),
        ('{"task": 1}', r"Received: \{\"task\": 1\} \(TypeError"),
        (json.dumps({**WORKERS, "task": {"type": "worker", "index": 2}}), "task worker 2 is not in the cluster"),
        (json.dumps({**WORKERS, "task": {"type": "ps", "index": 0}}), r"KeyError: 'ps'"),
    ],
)
def test_what_is_no_cluster_is_refused(monkeypatch, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match=message):
        cluster.read_cluster()


def test_only_learning_takes_several_machines(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert cluster.cluster_of(compose("train.strategy=mirrored").strategy) is None
    assert cluster.cluster_of(compose("mode=recog", "train.strategy=multi_worker").strategy) is None
    with pytest.raises(InputError, match="needs TF_CONFIG"):
        cluster.cluster_of(compose("train.strategy=multi_worker").strategy)
