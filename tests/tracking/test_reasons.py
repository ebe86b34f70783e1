import sqlite3

import pytest

from kvae.tracking.reasons import why, without_password


def raised(error, cause=None):
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("two\n  lines"), "two lines"),
        (RuntimeError(), "RuntimeError"),
        (raised(RuntimeError("long story"), ConnectionRefusedError(111, "refused")), "[Errno 111] refused"),
        (raised(RuntimeError("long story"), sqlite3.DatabaseError("no database")), "no database"),
        (raised(RuntimeError("the story"), KeyError("x")), "the story"),
        (RuntimeError("x" * 301), "x" * 300 + "..."),
    ],
)
def test_the_reason_is_one_line_of_who_knows_it(error, text):
    assert why(error) == text


def test_passwords_are_left_out():
    assert without_password("at http://me:secret@host:5000/x") == "at http://me:***@host:5000/x"
    assert without_password("sqlite:////a/b.db and http://host:5000") == "sqlite:////a/b.db and http://host:5000"
    assert "secret" not in why(RuntimeError("postgresql://me:secret@host/db"))
