"""The list of errors has the texts that are raised, with names where values are filled in."""

import re

import pytest
from generated import errors, metrics

from kvae.metrics.meaning import of_kvae

SOURCE = """
def check(n, path, key):
    if n < 1:
        raise ValueError(f"`n` must be an integer >= 1. Received: n={n!r}")
    if path is None:
        raise InputError(missing(key) + ". Type data.path=x.csv")
    text = "one way" if key else "another way"
    if key:
        raise InputError(text)
    if n > 2:
        raise InputError(f"type {program()} --help, or {installing('x')}")
    raise RuntimeError("a fault of the program")

def missing(key):
    return f"{key} lacks a value"
"""


def test_texts_are_found_wherever_they_are_put_together(tmp_path):
    (tmp_path / "one.py").write_text(SOURCE)
    assert sorted(one.text for one in errors.texts_of(tmp_path / "one.py")) == [
        "`n` must be an integer >= 1. Received: n=‹n›",
        "another way",
        "one way",
        "type python run.py --help, or pip install -c constraints.txt -e '.[x]'",
        "‹key› lacks a value. Type data.path=x.csv",
    ]


def test_texts_of_functions_are_filled_in_where_they_are_sentences(tmp_path, monkeypatch):
    package = tmp_path / "kvae"
    package.mkdir()
    (package / "wanted.py").write_text(
        'def wanted(kind):\n    return "a date or a range of dates" if kind else "a number or a range"\n'
        'def place(i):\n    return f", at {i}"\n'
    )
    (package / "one.py").write_text(
        "from kvae.wanted import wanted, place\n\n"
        'def check(key, i):\n    raise ValueError(f"{key} must be {wanted(i)}{place(i)}")\n'
    )
    monkeypatch.setattr(errors, "ROOT", tmp_path)

    assert sorted(one.text for one in errors.texts_of(package / "one.py")) == [
        "‹key› must be a date or a range of dates‹i›",
        "‹key› must be a number or a range‹i›",
    ]


def test_warnings_are_found_with_names_for_what_is_filled_in(tmp_path):
    source = (
        'log.warning("warning: %s of %.1f nats", words, nats)\nwarnings.warn(f"only {n} rows", stacklevel=2)\n'
    )
    (tmp_path / "one.py").write_text(source)
    assert list(errors.warnings_of(tmp_path / "one.py")) == ["warning: ‹words› of ‹nats› nats", "only ‹n› rows"]
    (page,) = errors.pages().values()
    assert "the reconstructions are a text file of *‹…›* numbers" in page.partition("## Warnings")[2]


def test_texts_of_the_package_are_there_under_their_headings():
    (page,) = errors.pages().values()
    line = "- train.device=*‹name›* does not exist on this machine. It has: *‹here›*"
    assert line in page.partition("## Training")[2]
    assert page.count("\n- ") > 700


def test_nearly_every_text_that_is_raised_is_found():
    kinds = "|".join(errors.RAISED)
    sources = [path.read_text(encoding="utf-8") for path in (errors.ROOT / "kvae").rglob("*.py")]
    raised = sum(len(re.findall(rf"raise (?:errors\.)?(?:{kinds})\(", source)) for source in sources)
    assert sum(map(len, errors.all_texts().values())) >= 0.85 * raised > 700  # some are raised in two places


def test_a_folder_without_a_heading_is_refused():
    with pytest.raises(ValueError, match=r"new_folder/x\.py has no heading"):
        errors.heading_of("new_folder/x.py")


def test_every_metric_has_a_line_and_an_equation_where_the_glossary_has_one():
    (page,) = metrics.pages().values()
    assert {name for name in of_kvae() if f'<span id="{name}"></span>' in page} == set(of_kvae())
    glossary = (errors.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for name in metrics.EQUATIONS:
        assert f"\n### {name}\n" in glossary
