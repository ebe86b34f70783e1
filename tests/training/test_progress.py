import logging

import pytest
from rich.console import Console

from kvae.data.batches import Plan
from kvae.training.progress import ShowProgress, duration

PLAN = Plan(n=100, batch_size=100, itr=20, log_every=1, seed=0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_plain_lines_come_at_every_tenth(caplog):
    progress = ShowProgress(PLAN)
    assert progress.console.is_terminal is False
    with caplog.at_level(logging.INFO):
        progress.on_train_begin()
        for epoch in range(20):
            progress.on_epoch_begin(epoch)
            progress.on_train_batch_end(0, {})
            progress.on_epoch_end(epoch, {"loss": 3.0, "val_loss": 4.0, "kl": 1.0})
        progress.on_train_end()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 10
    assert lines[0].startswith("iteration 2/20  loss 3.00  val_loss 4.00  ")
    assert lines[-1].endswith("0 s left")


def test_no_lines_is_silence_on_a_terminal_too():
    progress = ShowProgress(PLAN, lines=0)
    progress.console = Console(force_terminal=True)
    progress.on_train_begin()
    assert progress.bar is None


def test_a_line_gives_rate_and_time_left(monkeypatch):
    progress = ShowProgress(PLAN)
    progress.since = (5, 2.5)
    monkeypatch.setattr("time.perf_counter", lambda: 5.0)
    assert progress.line(10, {"loss": 3.0}) == "iteration 10/20  loss 3.00  200 observations/s  5 s left"
    progress.since = (10, 0.0)  # nothing was measured since compilation
    assert progress.line(10, {"loss": 3.0}) == "iteration 10/20  loss 3.00"


def test_rows_are_counted_in_lines_where_there_is_no_terminal(caplog, monkeypatch):
    from kvae.training import progress

    caplog.set_level("INFO")
    with progress.counted("scores", 100) as count:
        count(50)
        assert caplog.text == ""  # too soon for a line
        monkeypatch.setattr(progress, "SECONDS_PER_LINE", -1.0)
        count(60)
        count(100)
    assert [record.getMessage().partition("  ")[0] for record in caplog.records] == [
        "scores: 60 of 100 observations"
    ]
