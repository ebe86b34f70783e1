import re
from pathlib import Path

import polars as pl
import pytest

from kvae.data.kinds import all_kinds
from kvae.data.kinds.id import is_code
from kvae.data.kinds.written import Written
from kvae.data.table import decode, encode, infer_columns, read_frame
from kvae.data.table.reading import open_table
from kvae.errors import InputError
from kvae.table import TableSpec

N = 60


def of(value):
    return [value(i) for i in range(N)]


def learnt(values):
    """The column that values become beside another one, and the values that come back of it."""
    frame = pl.DataFrame({"x": values, "rest": of(lambda i: 0.5 * i)}, strict=False)
    spec = infer_columns(frame)
    column = next((one for one in spec.columns if one.name == "x"), None)
    if column is None:
        return spec.left_out[0], None
    return column, decode(encode(frame, spec), spec)["x"].to_list()


CATEGORIES = {
    "binary": [
        (of(lambda i: ["Yes", "No"][i % 2]), ("No", "Yes")),
        (of(lambda i: "NY"[i % 2]), ("N", "Y")),
        (of(lambda i: i % 2), ("0", "1")),
        (of(lambda i: i % 2 + 1), ("1", "2")),
        (of(lambda i: i % 3 > 0), ("false", "true")),
        (of(lambda i: [2.5, 10.0][i % 2]), ("2.5", "10")),
    ],
    "categorical": [
        (of(lambda i: ["a", "b", "c", "c"][i % 4]), ("c", "a", "b")),
        (of(lambda i: f"{1000 + i % 7:05d}"), tuple(f"{1000 + i:05d}" for i in range(4)) + tuple("")),
        (of(lambda i: ["0", "1", "yes"][i % 3]), ("0", "1", "yes")),
        (of(lambda i: f"10.0.0.{i % 3}"), ("10.0.0.0", "10.0.0.1", "10.0.0.2")),
    ],
    "ordinal": [
        (of(lambda i: ["medium", "high", "low"][i % 3]), ("low", "medium", "high")),
        (of(lambda i: ["M", "L", "S", "XL"][i % 4]), ("S", "M", "L", "XL")),
        (of(lambda i: ["Agree", "Strongly agree", "Disagree"][i % 3]), ("Disagree", "Agree", "Strongly agree")),
        (of(lambda i: ["25-34", "18-24", "65+", "<18"][i % 4]), ("<18", "18-24", "25-34", "65+")),
        (of(lambda i: ["[10,20)", "[0,10)", "[20,inf)"][i % 3]), ("[0,10)", "[10,20)", "[20,inf)")),
        (of(lambda i: ["10+ years", "2 years", "< 1 year"][i % 3]), ("< 1 year", "2 years", "10+ years")),
        (of(lambda i: ["3+", "0", "1"][i % 3]), ("0", "1", "3+")),
        (of(lambda i: 2007 + i % 3), ("2007", "2008", "2009")),
        (of(lambda i: ["Tue", "Mon", "Sun"][i % 3]), ("Mon", "Tue", "Sun")),
    ],
}


@pytest.mark.parametrize(
    ("kind", "values", "categories"), [(kind, *case) for kind, cases in CATEGORIES.items() for case in cases]
)
def test_categories(kind, values, categories):
    column, back = learnt(values)
    assert column.kind == kind
    assert set(column.categories) == set(categories) | set(column.categories[len(categories) :])
    assert column.categories[: len(categories)] == categories
    assert back == values


NUMBERS = {
    "count": [of(lambda i: i % 7), of(lambda i: float(i % 4)), of(lambda i: None if i % 5 == 0 else i % 9)],
    "continuous": [of(lambda i: i * 1.25 - 3), of(lambda i: 35 + 3 * (i % 17)), of(lambda i: f"{50 + i} kg")],
    "positive": [of(lambda i: round(1.2**i, 2)), of(lambda i: 0.0 if i % 3 else round(1.2**i, 1))],
}


@pytest.mark.parametrize(("kind", "values"), [(kind, case) for kind, cases in NUMBERS.items() for case in cases])
def test_numbers(kind, values):
    column, back = learnt(values)
    assert column.kind == kind and back == values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (lambda i: f"${1000 * i + 5:,}.50", lambda i: 1000 * i + 5.5),
        (lambda i: f"-${i + 1}", lambda i: -i - 1),
        (lambda i: f"$-{i + 1}", lambda i: -i - 1),
        (lambda i: f"-${1000 + i:,}.50" if i % 3 else f"${i}.25", lambda i: -1000.5 - i if i % 3 else i + 0.25),
        (lambda i: f"{0.5 * i:.1f}%", lambda i: 0.5 * i),
        (lambda i: f"{10 * i + 5},50 €", lambda i: 10 * i + 5.5),
        (lambda i: f"1.{100 + i},50 €", lambda i: 1100.5 + i),
        (lambda i: f"EUR {i}.25", lambda i: i + 0.25),
        (lambda i: f"{i} kg", lambda i: i),
    ],
)
def test_signs_around_numbers_are_kept(text, number):
    frame = pl.DataFrame({"x": of(text), "rest": of(lambda i: i % 3)})
    spec = infer_columns(frame)
    x = encode(frame, spec)
    assert x[:, 0].tolist() == of(number)
    assert decode(x, spec)["x"].to_list() == of(text)


DATES = [
    (lambda i: f"2020-{1 + i % 12:02d}-{1 + i % 28:02d}", "%Y-%m-%d"),
    (lambda i: f"{1 + i % 28:02d}.{1 + i % 12:02d}.2020", "%d.%m.%Y"),
    (lambda i: f"{1 + i % 12}/{1 + i % 28}/2020", "%-m/%-d/%Y"),
    (lambda i: f"{1 + i % 28} {['Jan', 'Feb', 'Mar'][i % 3]} 2020", "%-d %b %Y"),
    (lambda i: f"January {1 + i % 28:02d}, 20{10 + i % 7}", "%B %d, %Y"),
    (lambda i: f"2020-01-{1 + i % 28:02d} 10:{i:02d}", "%Y-%m-%d %H:%M"),
    (lambda i: f"2020-01-{1 + i % 28:02d}T10:{i:02d}:00Z", "%Y-%m-%dT%H:%M:%S%:z"),
    (lambda i: f"2020-01-{1 + i % 28:02d}T10:{i:02d}:00+02:00", "%Y-%m-%dT%H:%M:%S%:z"),
    (lambda i: f"1/{1 + i % 28}/2020 {1 + i % 12}:{i:02d} PM", "%-m/%-d/%Y %-I:%M %p"),
    (lambda i: f"{1 + i % 12}/{1 + i % 28}/2020 {i % 24}:{i:02d}", "%-m/%-d/%Y %-H:%M"),
    (lambda i: f"{1 + i % 12}/{1 + i % 28}/2020 {i % 24:02d}:{i:02d}", "%-m/%-d/%Y %H:%M"),
    (lambda i: f"2020-01-{1 + i % 28:02d}T{i % 24}:{i:02d}:00Z", "%Y-%m-%dT%-H:%M:%S%:z"),
    (lambda i: f"{i % 24}:{i:02d}:30", "%-H:%M:%S"),
    (lambda i: f"2020-{1 + i % 12:02d}", "%Y-%m"),
    (lambda i: f"{i % 24:02d}:{i:02d}", "%H:%M"),
    (lambda i: 20200101 + i % 28, "%Y%m%d"),
]


@pytest.mark.parametrize(("value", "how"), DATES, ids=[how for _, how in DATES])
def test_dates_and_times_in_text(value, how):
    column, back = learnt(of(value))
    assert (column.kind, column.form["format"]) == ("date", how)
    assert back == of(value)


def test_dates_that_can_be_read_in_two_ways_are_refused():
    frame = pl.DataFrame({"d": of(lambda i: f"{1 + i % 12:02d}/{1 + i * 7 % 12:02d}/2020")})
    with pytest.raises(
        InputError, match=r"column 'd' holds dates such as .* may be %d/%m/%Y or %m/%d/%Y. Give it"
    ):
        infer_columns(frame)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (of(lambda i: f"r{i}"), "id"),
        (of(lambda i: i + 1), "id"),
        (of(lambda i: f"a rather long text with many words, number {i}"), "text"),
        (of(lambda i: f"Braund {i // 2}" if i > 3 else f"{i}"), "categorical"),
        (of(lambda i: f"t{i}" if i else "t1"), "text"),
        (of(lambda i: "NL"), "constant"),
        (of(lambda i: None), "constant"),
        (of(lambda i: [1, 2]), "text"),
    ],
)
def test_what_is_left_out(values, kind):
    assert learnt(values)[0].kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("user_id", "id"), ("orderNumber", "id"), ("ID", "id"), ("height", "continuous"), ("paid", "continuous")],
)
def test_whole_numbers_are_ids_by_their_names(name, kind):
    frame = pl.DataFrame({name: of(lambda i: 1000 + 37 * i % 61), "rest": of(lambda i: i % 3)})
    spec = infer_columns(frame)
    assert {one.name: one.kind for one in (*spec.columns, *spec.left_out)}[name] == kind


@pytest.mark.parametrize("texts", [["3/3", "1/3", "2/2"], ["1/86", "2/86", "12/87"], ["1.2.3", "1.3.4", "2.0.1"]])
def test_what_only_looks_like_a_date_is_none(texts):
    frame = pl.DataFrame({"x": of(lambda i: texts[i % 3]), "rest": of(lambda i: 0.5 * i)})
    assert infer_columns(frame).columns[0].kind == "categorical"


def test_numbers_among_which_names_of_letters_and_digits_stand_are_names(tmp_path):
    rows = "".join(f"{100 + i if i % 9 else '136A'},{i % 4}\n" for i in range(N)) * 2
    (tmp_path / "x.csv").write_text(f"family,b\n{rows}")
    assert infer_columns(read_frame(tmp_path / "x.csv")).columns[0].kind == "categorical"


@pytest.mark.parametrize(
    "name", ["id", "ID", "shop_id", "familyid", "townId", "PID", "zip", "zipcode", "station code"]
)
def test_names_of_codes(name):
    assert is_code(name)


@pytest.mark.parametrize(
    "name",
    ["paid", "amount_paid", "afraid", "humid", "acid", "grid", "thyroid", "valid", "aid", "mid", "fluids", "x"],
)
def test_words_that_only_end_as_codes_do(name):
    assert not is_code(name)


def test_a_few_numbers_count_up_by_chance():
    frame = pl.DataFrame({"deaths": [0, 1, 2, 3, 4], "years": [109, 65, 22, 3, 1]})
    assert infer_columns(frame).names == ("deaths", "years")


def test_codes_that_come_again_are_categories():
    frame = pl.DataFrame({"shop_id": of(lambda i: 100 + 37 * (i % 13)), "rest": of(lambda i: 0.5 * i)})
    assert infer_columns(frame).columns[0].kind == "categorical"
    assert infer_columns(frame.rename({"shop_id": "paid"})).columns[0].kind == "continuous"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,5;x\n2,5;y\n3;z\n" * 20, None),
        ("1 500;x\n2 500;y\n3;z\n" * 20, "Type data.thousands=space"),
    ],
)
def test_decimal_commas_are_found_out_or_asked_for(tmp_path, text, sentence):
    (tmp_path / "x.csv").write_text(f"a;b\n{text}")
    if sentence is None:
        assert read_frame(tmp_path / "x.csv")["a"][:3].to_list() == [1.5, 2.5, 3.0]
        return
    with pytest.raises(InputError, match=sentence):
        read_frame(tmp_path / "x.csv")


def test_a_few_texts_among_many_numbers_are_asked_about(tmp_path):
    rows = "".join(f"{'unknown' if i == 5 else 1.5 * i},{'xyz'[i % 3]}\n" for i in range(N))
    (tmp_path / "x.csv").write_text(f"a,b\n{rows}")
    with pytest.raises(InputError, match=r"'a' holds 'unknown' among its numbers \(1 such, the first in line 7\)"):
        read_frame(tmp_path / "x.csv")


def test_a_table_of_text_without_names(tmp_path):
    (tmp_path / "x.csv").write_text("p,x\ne,x\np,y\ne,y\np,x\ne,z\n" * 5)
    assert read_frame(tmp_path / "x.csv").columns == ["column_0", "column_1"]


def test_every_kind_stands_in_the_page_on_columns():
    page = (Path(__file__).resolve().parents[3] / "docs" / "columns.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == list(all_kinds())


BRACKETS = {
    "thousands": of(lambda i: f"({i + 1:,}.25)" if i % 3 else f"{1000 * i:,}.50"),
    "plain": of(lambda i: f"({i + 1})" if i == 7 else f"{3 * i}"),
    "currency": of(lambda i: f"(${i + 1}.50)" if i % 3 else f"${1000 * i:,}.50"),
    "percent": of(lambda i: f"({i + 1}.5%)" if i % 3 else f"{i}.5%"),
    "commas": of(lambda i: f"({1000 + i},25)" if i % 3 else f"{i},50"),
    "spaces": of(lambda i: f" ({i}.5) " if i % 3 else f"{i}.5"),
}


BEHIND = {
    "whole": of(lambda i: f"{i + 1}-" if i % 3 else f"{5 * i}"),
    "decimals": of(lambda i: f"{i + 1}.25-" if i == 7 else f"{i}.50"),
    "thousands": of(lambda i: f"{i + 1},016.35-" if i % 3 else f"{i}.50"),
    "commas": of(lambda i: f"{i + 1}.016,35-" if i % 3 else f"{i},50"),
    "currency": of(lambda i: f"${i + 1}.50-" if i % 3 else f"${i}.50"),
}


NEGATIVE = {f"brackets, {name}": one for name, one in BRACKETS.items()} | {
    f"behind, {name}": one for name, one in BEHIND.items()
}


@pytest.mark.parametrize("values", NEGATIVE.values(), ids=NEGATIVE.keys())
def test_numbers_in_brackets_or_with_a_minus_behind_are_negative(values):
    column, back = learnt(values)
    assert column.is_number and back == [value.strip() for value in values]
    x = encode(pl.DataFrame({"x": values, "rest": [0.5] * N}), TableSpec((column,)))[:, 0]
    assert [one < 0 for one in x] == ["(" in value or value.endswith("-") for value in values]


def test_a_true_minus_behind_is_one():
    column, back = learnt(of(lambda i: f"{i + 1}\u2212" if i % 3 else f"{5 * i}"))
    assert column.is_number and back[1] == "2-"


@pytest.mark.parametrize(
    "values",
    [
        of(lambda i: f"{i}.5-"),
        of(lambda i: f"{i}.5-" if i % 3 else f"-{i}.5"),
        of(lambda i: f"{i}.5-" if i % 3 else f"({i}.5)"),
        of(lambda i: f"{1 + i % 5}-" if i % 3 else f"{1 + i % 5}"),
    ],
    ids=["all", "minus in front too", "brackets too", "grades"],
)
def test_a_minus_behind_that_may_mean_something_else_stays_text(values):
    assert learnt(values)[0].kind in ("id", "categorical")


@pytest.mark.parametrize(
    "values",
    [
        of(lambda i: f"({i}.5)"),
        of(lambda i: f"({i}.5)" if i % 3 else f"-{i}.5"),
        of(lambda i: f"(-{i})" if i else "1"),
    ],
    ids=["all", "minus too", "minus inside"],
)
def test_brackets_that_may_mean_something_else_stay_text(values):
    assert learnt(values)[0].kind == "id"


@pytest.mark.parametrize(
    ("eight", "how", "wrong"), [("(8)", "in brackets", "(-8)"), ("8-", "with a minus behind", "-8-")]
)
def test_a_table_with_other_negative_numbers_says_so(tmp_path, eight, how, wrong):
    values = of(lambda i: eight if i == 7 else f"{3 * i}")
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["x,rest", *[f'"{one}",{i / 2}' for i, one in enumerate(values)], ""]))
    frame = open_table(path)
    assert frame.words == [
        f"data.path={path}: column 'x' holds numbers {how}, such as {eight} in 1 of 60 rows, which are read as "
        "negative. If they are names, set it in data.columns_file: columns: {x: {kind: categorical}}"
    ]
    spec = infer_columns(frame.data)
    later = open_table(path, spec=spec)
    assert later.words == [] and encode(later.data, spec)[7, 0] == -8
    path.write_text(path.read_text().replace(eight, wrong))
    with pytest.raises(InputError, match=rf"column 'x' holds '{re.escape(wrong)}' among its numbers"):
        open_table(path)
    with pytest.raises(InputError, match=rf"column 'x' holds '{re.escape(wrong)}' in row 7: it was learnt as"):
        encode(open_table(path, spec=spec).data, spec)


@pytest.mark.parametrize("form", [{"negative": "()()"}, {"before": 3}, {"decimal": ["a"]}])
def test_signs_of_a_run_of_others_that_are_invalid_are_refused(form):
    with pytest.raises(InputError, match="signs around its numbers that are invalid: .*" + next(iter(form))):
        Written.of(form)
