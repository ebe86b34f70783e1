"""Years of two digits in a column that was learnt with four: refused, and never read as years of antiquity."""

import datetime as dt

import polars as pl
import pytest

from kvae.data.kinds.formats import read_as
from kvae.data.table import encode, infer_columns
from kvae.errors import InputError
from kvae.uses.conditions.numbers import of_number

N = 60
DAYS = [dt.date(2016, 1, 1) + dt.timedelta(days=11 * i) for i in range(N)]


def spec_of(values):
    return infer_columns(pl.DataFrame({"when": values, "rest": [i % 3 for i in range(N)]}))


@pytest.mark.parametrize(
    ("how", "short"),
    [
        ("%d/%m/%Y", "27/07/16"),
        ("%Y-%m", "20-01"),
        ("%d %b %Y", "27 Jul 16"),
        ("%d/%m/%Y %H:%M", "27/07/16 05:00"),
        (None, "16-07-27"),
    ],
)
def test_a_year_of_two_digits_is_refused(how, short):
    spec = spec_of(DAYS if how is None else [day.strftime(how) for day in DAYS])
    later = pl.DataFrame({"when": [short], "rest": [0]})
    with pytest.raises(
        InputError, match=f"column 'when' holds '{short}' in row 0: it was learnt as dates or times"
    ):
        encode(later, spec)
    for condition in (short, f">{short}"):
        with pytest.raises(InputError, match=f"must be a date, such as .*Received: '{short}'"):
            of_number(spec.columns[0], 0, condition, "mode.where.when")


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("%d/%m/%Y", " 7/7/2016 "),
        ("%d %b %Y", "7  Jul 2016"),
        ("%-d.%-m.%Y %-H:%M:%S%.f", "7.7.2016 0:00:00.000"),
        ("%Y-%m-%dT%H:%M:%S%:z", "2016-07-07T00:00:00Z"),
        ("%B %d, %Y", "July 7, 2016"),
        ("100%% %d/%m/%Y", "100% 07/07/2016"),
        ("%d/%m/%y", "07/07/16"),
    ],
)
def test_other_texts_of_a_format_are_read(how, text):
    found = read_as(pl.Series([text, None]), how)
    assert str(found[0])[:10] == "2016-07-07" and found[1] is None


@pytest.mark.parametrize(
    ("how", "text", "read"),
    [
        ("%b %Y", "Aug-2015", None),  # not the year -2015
        ("%B %Y", "August-2015", None),
        ("%d %b %Y", "27 Aug-2015", None),
        ("%d-%m-%Y", "27-08-2015", "2015-08-27"),
        ("%d.%m.%Y", "27. 8. 2015", "2015-08-27"),
        ("%d.%m.%Y", "27.8. 2015", "2015-08-27"),
        ("%d.%m.%Y %H:%M:%S%.f", "27.08.2015 05:06:07", "2015-08-27 05:06:07"),
    ],
)
def test_signs_and_spaces_before_a_year(how, text, read):
    value = read_as(pl.Series([text]), how).item()
    assert value == (None if read is None else dt.datetime.fromisoformat(read)) or str(value) == read


def test_short_offsets_are_read():
    assert read_as(pl.Series(["2015-07-27T01:02:03+02"]), "%Y-%m-%dT%H:%M:%S%#z").null_count() == 0
