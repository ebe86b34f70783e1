import pytest

from kvae.modes.shown import as_text, show


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("val_loss", 24.86577, "24.8658"),
        ("seconds", 1234.567, "1234.6"),
        ("observations_per_second", 35000.75, "35,001"),
        ("anomalies", 12345, "12,345"),
        ("encoder_error", 2.34e-7, "2.3e-07"),
        ("kl", -0.00002, "-2.0e-05"),
        ("kl", 0.0, "0.0000"),
        ("a_metric_of_mine", 0.5, "0.5000"),
        ("nll_se", float("nan"), "nan"),
    ],
)
def test_metrics_are_printed_by_their_units(name, value, text):
    assert as_text(name, value) == text


def test_metrics_of_columns_are_printed_a_row_per_column(capsys, caplog):
    metrics = {"loss": 2.5, "loss_age": 1.5, "missing_age": 0.125, "loss_sex [b]": 1.0, "missing_sex [b]": 0.0}
    held_out = {f"val_{name}": 2 * value for name, value in metrics.items()}
    show(metrics | held_out | {"seconds": 3.0}, is_table=True)
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert printed == [
        ["loss", "2.5000"],
        ["val_loss", "5.0000"],
        ["seconds", "3.0"],
        ["column", "(held-out", "rows)", "loss", "missing"],
        ["age", "3.0000", "0.2500"],
        ["sex", "[b]", "2.0000", "0.0000"],
    ]
    show({f"loss_{i}": 0.5 for i in range(23)}, is_table=True)
    assert len(capsys.readouterr().out.split()) == 2 + 20 * 2
    show({"loss_age": 1.5})  # a metric of somebody's own, of no table
    assert capsys.readouterr().out.split() == ["loss_age", "1.5000"]


def test_metrics_of_rounds_are_printed_a_column_per_round(capsys):
    metrics = {"loss": 2.5} | {f"gmm1_accuracy_round{i}": i / 16 for i in range(1, 9)} | {"kl_round8": 3.0}
    show(metrics)
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert printed == [
        ["loss", "2.5000"],
        ["round", "1", "4", "5", "6", "7", "8"],
        ["gmm1_accuracy", "0.0625", "0.2500", "0.3125", "0.3750", "0.4375", "0.5000"],
        ["kl", "3.0000"],
    ]
