"""What comes from files and names does not steer a terminal."""

import io
import logging
import logging.config
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from kvae.config import errors
from kvae.config.errors import CONF
from kvae.errors import InputError
from kvae.modes.shown import show
from kvae.process.logs import of_a_job
from kvae.process.visible import in_a_line, say, visible
from kvae.report.text import shown
from kvae.sweep.summary import table_of

STEERING = {
    "\x1b[31mred": r"\x1b[31mred",
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "\x9b31m": r"\x9b31m",
    "a\rb\x08\x7f\x00": r"a\rb\x08\x7f\x00",
    "\u202egnp.exe": r"\u202egnp.exe",
    "\u2066x\u2069\u200f": r"\u2066x\u2069\u200f",
    "zero\u200bwidth\ufeff": r"zero\u200bwidth\ufeff",
    "\udce9 half": r"\udce9 half",
    "\U000e0041tag": r"\U000e0041tag",
    "line\u2028end\x85": r"line\u2028end\x85",
}


@pytest.mark.parametrize("text", STEERING)
def test_signs_that_steer_are_shown_as_codes(text):
    assert visible(text) == in_a_line(text) == STEERING[text]
    assert not set(STEERING[text]) & set("\x1b\x9b\u202e\u200b\udce9")


@pytest.mark.parametrize(
    "text", ["ümlaut é 日本語 العربية עברית", "می‌خواهم", "👩‍👩‍👧", "tab\tand\nline", "C:\\x1b", "[red]"]
)
def test_text_of_every_script_stays_as_it_is(text):
    assert visible(text) == text
    assert in_a_line("a\nb\tc") == r"a\nb\tc"


@pytest.mark.parametrize("group", ["job_logging", "hydra_logging"])
def test_every_handler_of_the_command_line_shows_codes(group):
    config = OmegaConf.to_container(OmegaConf.load(CONF / "hydra" / group / "kvae.yaml"))
    names = {handler["formatter"] for handler in config["handlers"].values()}
    assert names == config["formatters"].keys()
    for name in names:
        formatter = logging.config.DictConfigurator(config).configure_formatter(config["formatters"][name])
        record = {
            "levelname": "INFO",
            "msg": "job %s of %d in %s",
            "args": ("\x1b[2J\nerror: x", 3, Path("\u202ex")),
        }
        assert formatter.format(logging.makeLogRecord(record)).endswith(r"job \x1b[2J\nerror: x of 3 in \u202ex")
        record = {"levelname": "INFO", "msg": "\x1b[31m and two\nlines"}
        assert formatter.format(logging.makeLogRecord(record)).endswith("\\x1b[31m and two\nlines")


def test_the_lines_of_a_job_as_well(monkeypatch):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    of_a_job(3)
    logging.getLogger("kvae.x").warning("%s", "\x1b[2J")
    assert stream.getvalue() == "#3 \\x1b[2J\n"


def test_errors_metrics_and_results(capsys):
    errors.print_error(InputError("bad \x1b[2J name"))
    show({"\x1b[2J[red]x[/red]": 1.0, "[/]": 2.0})
    say("\u202ea")
    out, err = capsys.readouterr()
    assert err == "error: bad \\x1b[2J name\n"
    assert r"\x1b[2J[red]x[/red]" in out and "[/]" in out and out.endswith("\\u202ea\n")
    table = table_of([], ["[bold]a\x1b"], "[red]b")
    assert [column.header.plain for column in table.columns][-1] == r"[bold]a\x1b"


def test_pages_hold_nothing_that_turns_text_around():
    assert shown("a\u202eb\x9bc<b>\n") == "a\ufffdb\ufffdc&lt;b&gt;\n"


def test_a_terminal_that_knows_few_signs_gets_codes():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("é \u202e", stream)
    stream.seek(0)
    assert stream.read() == "\\xe9 \\u202e\n"
