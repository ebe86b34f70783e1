import pytest

from kvae.modes import as_text


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
