"""What the page says of the columns of a table of mixed kinds, and of clusters of its rows."""

import re

import pytest
from mixed_table import mixed_columns

from kvae.modes.finish import finish_run
from kvae.runs import RunFolder
from kvae.runs.files import write_json

CONFIG = {"name": "vae", "seed": 0, "objective": "val_loss", "data": {"name": "table"}, "mode": {"name": "learn"}}
METRICS = {
    "loss": 25.5, "val_loss": 24.25, "reconstruction": 20.0, "val_reconstruction": 21.0,
    "loss_age": 3.25, "val_loss_age": 3.5, "missing_age": 0.0, "val_missing_age": 0.125,
    "val_calibration_age": 0.0625,
    "loss_sex": 0.5, "val_loss_sex": 0.75, "loss_round1": 1.0, "accuracy_round1": 0.5,
}  # fmt: skip
NAMES = ["cluster", "rows", "share", "age", "age_sd", "age_apart", "sex", "sex_share", "sex_apart"]
CLUSTERS = [
    ["all", "500", "1.0", "40", "12", "", "female", "0.5", ""],
    ["1", "400", "0.8", "45.5", "5", "0.3333", "<b>male</b>", "0.9", "0.5"],
    ["0", "100", "0.2", "20", "", "1.5", "", "", "nan"],
    ["2", "0", "0.0", "", "", "", "", "", ""],
]


def text_of(folder):
    html = folder.report.read_text(encoding="utf-8").partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def run_of(path, metrics=METRICS, spec=True):
    folder = RunFolder(path)
    folder.write_run(CONFIG)
    if spec:
        table = mixed_columns()
        write_json(folder.vae.input_spec, {"columns": list(table.names), "table": table.to_json()})
    module = folder.module(2, "gmm")
    module.write_table("clusters_learn", {name: [row[i] for row in CLUSTERS] for i, name in enumerate(NAMES)})
    finish_run(folder, metrics)
    return folder


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return text_of(run_of(tmp_path_factory.mktemp("run")))


def test_columns_have_a_row_each_with_what_they_are_and_what_was_measured(text):
    assert (
        "column kind likelihood Loss, learning rows Loss, held-out rows Missing, learning rows Missing, "
        "held-out rows Calibration error, held-out rows age continuous gaussian 3.250 3.500 0.0 % 12.5 % 6.2 % "
        "sex binary bernoulli 0.500 0.750" in text
    )
    assert "Loss (nats per observation): Expected −log p(column|z)" in text


def test_they_do_not_stand_among_the_metrics_of_rows(text):
    results = text.partition("column kind")[0]
    assert "Loss of" not in results and "Loss loss 25.50 24.25" in results
    assert (
        "By round Round Loss Accuracy 1 1.000" in text
    )  # of no column: its name alone says that it is of a round


def test_without_the_columns_of_the_table_their_metrics_say_what_there_is(tmp_path):
    metrics = {"loss": 1.0, "loss_age": 0.25, "loss_name of a <b>": 0.75}
    text = text_of(run_of(tmp_path, metrics, spec=False))
    assert "column Loss age 0.250 name of a &lt;b&gt; 0.750 Loss (nats" in text


def test_clusters_by_the_columns_that_set_them_apart(text):
    assert (
        "Cluster 1: 400 rows, 80.0% column in the cluster in all rows nats sex &lt;b&gt;male&lt;/b&gt; (90%) "
        "female (50%) 0.50 age 45.5 ± 5 40 ± 12 0.33" in text
    )
    assert (
        "Cluster 0: 100 rows, 20.0% column in the cluster in all rows nats age 20 40 ± 12 1.50 sex – fem" in text
    )
    assert "Cluster 2" not in text


def test_a_metric_of_a_column_without_a_unit_has_no_brackets(tmp_path):
    text = text_of(run_of(tmp_path, {"loss": 1.0, "shape_age": 0.5, "loss_age": 3.25}))
    assert "Column shape: " in text and "()" not in text
