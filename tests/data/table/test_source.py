import json
import logging

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data import load_data
from kvae.data.sources.file import Options as FileOptions
from kvae.data.sources.table import Options
from kvae.data.spec import InputSpec
from kvae.data.table import decode, encode, large, seeing, write_table
from kvae.errors import InputError


@pytest.fixture
def path(tmp_path):
    write_table(tmp_path / "x.csv", mixed_table())
    return str(tmp_path / "x.csv")


def options(path, **keys):
    return Options(path=str(path), **{"test_fraction": 0.2} | keys)


def test_rows_labels_and_ids(path):
    data = load_data(options(path, label_column="sex"), 0)
    table, whole = mixed_table(), data.everything
    spec = data.spec.table
    assert whole.labels.tolist() == table["sex"].to_list()
    assert whole.ids.tolist() == table["row"].to_list() and whole.id_name == "row"
    np.testing.assert_array_equal(whole.x, encode(pl.read_csv(path), spec))
    assert len(data.test) == 100 and data.held_out[:6].tolist() == [False] * 4 + [True, False]
    assert data.spec.columns == spec.names and data.spec.shape == (9,)


def test_codings_are_learnt_on_the_learning_rows_alone(path):
    data = load_data(options(path), 0)
    at = data.spec.table.place("age")
    coding = data.spec.table.columns[at].coding
    assert coding["n"] == len(data.train)
    assert coding["mean"] == pytest.approx(float(data.train.x[:, at].mean(dtype=np.float64)))


def test_what_is_known_goes_through_json(path):
    spec = load_data(options(path, missing="learn"), 0).spec
    assert InputSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    learn = {column.name for column in spec.table.columns if column.missing == "learn"}
    assert learn == {"height", "income"}  # those with gaps


def test_another_file_is_read_by_what_was_learnt(path, tmp_path):
    spec = load_data(options(path), 0).spec
    few = mixed_table(20, seed=3).drop("row", "note", "country")
    write_table(tmp_path / "y.csv", few.select(reversed(few.columns)))
    part = load_data(options(tmp_path / "y.csv", test_fraction=None), 0, spec).everything
    np.testing.assert_array_equal(part.x, encode(few, spec.table))
    assert part.ids is None
    assert decode(part.x, spec.table)["sector"].to_list() == few["sector"].to_list()


def test_a_table_without_the_learnt_labels_has_them_missing(path, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    spec = load_data(options(path, label_column="sex"), 0).spec
    write_table(tmp_path / "y.csv", mixed_table(20).drop("sex"))
    part = load_data(options(tmp_path / "y.csv", label_column="sex", test_fraction=None), 0, spec).everything
    assert np.isnan(part.x[:, spec.table.place("sex")]).all() and part.labels is None
    assert "has no column sex: its labels count as missing" in caplog.text


def test_labels_can_be_left_out(path):
    data = load_data(options(path, label_column="sex", learn_label=False), 0)
    assert "sex" not in data.spec.columns and data.train.labels is not None
    assert [one.why for one in data.spec.table.left_out if one.name == "sex"] == [
        "it holds the labels, and data.learn_label is false"
    ]


def test_labels_that_choose_rows_are_not_learnt(path, caplog):
    caplog.set_level(logging.INFO)
    data = load_data(options(path, label_column="sex", normal_label="male"), 0)
    assert "sex" not in data.spec.columns and set(data.train.labels) == {"male"}
    assert [one.why for one in data.spec.table.left_out if one.name == "sex"] == [
        "it holds the labels, by which data.normal_label chooses rows"
    ]
    assert "are also learnt" not in caplog.text


def test_the_columns_are_shown_before_training(path, caplog):
    caplog.set_level(logging.INFO)
    load_data(options(path, label_column="sex"), 0)
    lines = [record.getMessage() for record in caplog.records]
    gaps = mixed_table()["income"].null_count()
    assert any(
        line.split()[:3] == ["income", "positive", "quantile_mixture"] and f"{gaps} (" in line for line in lines
    )
    assert any(
        line.startswith("left out: row (id: ") and "country (constant: it is always NL)" in line for line in lines
    )
    assert any("data.learn_label=false" in line for line in lines)


def test_of_many_categories_the_first_are_shown(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    frame = pl.DataFrame({"engine": ["ohc", "ohcf", "ohcv", "dohc", "l", "r"] * 5, "a": [1.5, 2.5, 3.5] * 10})
    write_table(tmp_path / "x.csv", frame)
    load_data(options(tmp_path / "x.csv"), 0)
    (line,) = [one.getMessage() for one in caplog.records if one.getMessage().startswith("engine")]
    assert "6: " in line and ", …  " in line and "..." not in line


def test_boxes_that_are_seldom_ticked_are_not_called_empty(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    write_table(
        tmp_path / "x.csv", pl.DataFrame({"a": [1.5, 2.5, 3.5, 1.0] * 5, "news": ["x", "x"] + [None] * 18})
    )
    assert load_data(options(tmp_path / "x.csv"), 0).spec.table.names == ("a", "news")
    assert "news" in caplog.text and "mostly empty" not in caplog.text


def test_a_column_that_is_mostly_empty_is_warned_of(tmp_path, caplog):
    frame = pl.DataFrame({"a": [1.5, 2.5, 3.5, 1.0] * 5, "b": ["x", "y"] + [None] * 18})
    write_table(tmp_path / "x.csv", frame)
    load_data(options(tmp_path / "x.csv"), 0)
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING] == [
        "columns that are mostly empty, so that little is learnt about them: b (90%)"
    ]


def test_a_run_of_numbers_and_one_of_a_table_are_told_apart(path, tmp_path):
    table = load_data(options(path), 0).spec
    (tmp_path / "n.csv").write_text("a,b\n1,2\n3,4.5\n5,6\n7,8\n")
    numbers = load_data(FileOptions(path=str(tmp_path / "n.csv"), test_fraction=0.0), 0).spec
    with pytest.raises(InputError, match="learnt a table with columns of any kinds: type data=table"):
        load_data(FileOptions(path=path), 0, table)
    with pytest.raises(InputError, match=r"this run learnt numbers\. Type data=file"):
        load_data(options(path), 0, numbers)


def test_data_file_says_what_to_type_for_such_a_table(path, tmp_path):
    with pytest.raises(
        InputError, match=r"correct them in the file, or learn the table with its text.*data=table data"
    ):
        load_data(FileOptions(path=path), 0)
    (tmp_path / "n.csv").write_text("a,b\n1,2\n,4\n")
    with pytest.raises(InputError, match=r"fill it first, or learn with the gaps: data=table data\.path=.*n\.csv"):
        load_data(FileOptions(path=str(tmp_path / "n.csv")), 0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,a\n1,2\n3,4\n", "several columns with one name.*'a' is column 0 and 1"),
        ("a,b\n", "holds no rows"),
        ("a,b\n1,x\n", "no column to learn: a: it is always 1; b: it is always x"),
        (
            "a,b\n1,x\n1e300,y\n2,x\n",
            r"column 'a' holds 1e\+300 in line 3: numbers must be at most 3.4e\+38",
        ),
        ("a,b\n1,x\ninf,y\n2,x\n", "column 'a' holds inf in line 3: numbers must be finite"),
        ("a,b\n,\n,\n", "holds no|no column to learn"),
    ],
)
def test_odd_tables_get_one_sentence(tmp_path, text, sentence):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_data(options(tmp_path / "x.csv"), 0)


def test_keys_that_name_nothing(path):
    with pytest.raises(InputError, match=r"data.label_column=sexx: .*x.csv has no such column"):
        load_data(options(path, label_column="sexx"), 0)
    with pytest.raises(InputError, match=r"data.columns=nothing"):
        load_data(options(path, columns=["age", "nothing"]), 0)
    data = load_data(options(path, columns=["age", "note"]), 0)
    assert [(one.name, one.kind) for one in data.spec.table.columns] == [
        ("age", "continuous"),
        ("note", "categorical"),
    ]


@pytest.mark.parametrize("split", ["last", "spread"])
def test_large_parquet_stays_in_its_file(tmp_path, split, monkeypatch):
    monkeypatch.setattr(large, "SPAN_BYTES", 1)  # spans of 1024 rows
    frame = mixed_table(3000)
    frame.write_parquet(tmp_path / "x.parquet")
    stored = load_data(options(tmp_path / "x.parquet", memory=1e-6, split=split, label_column="sex"), 0)
    held = load_data(options(tmp_path / "x.parquet", split=split, label_column="sex"), 0)
    assert not isinstance(stored.train.x, np.ndarray)
    assert stored.spec == held.spec
    np.testing.assert_array_equal(stored.train.x[:], held.train.x)
    np.testing.assert_array_equal(stored.test.x[5:9], held.test.x[5:9])
    assert stored.train.ids.tolist() == held.train.ids.tolist()
    assert stored.train.labels.tolist() == held.train.labels.tolist()
    rows = np.array([2000, 3, 1500, 4])
    np.testing.assert_array_equal(stored.train.x[rows], held.train.x[rows])


def test_files_of_a_pattern_are_one_table(tmp_path):
    frame = mixed_table(300)
    for i in range(3):
        frame[100 * i : 100 * (i + 1)].write_parquet(tmp_path / f"part-{i}.parquet")
    frame.write_parquet(tmp_path / "x.parquet")
    parts, whole = (load_data(options(tmp_path / name), 0) for name in ("part-*.parquet", "x.parquet"))
    assert parts.spec == whole.spec
    np.testing.assert_array_equal(parts.train.x, whole.train.x)


def test_a_large_file_is_seen_by_a_sample_and_its_categories_by_all_rows(tmp_path, monkeypatch):
    n = 5000
    rare = np.where(np.arange(n) == 4321, "rare", np.array(["a", "b", "c"])[np.arange(n) % 3])
    codes = 7 * (np.arange(n) % 1500)
    frame = pl.DataFrame(
        {
            "x": np.arange(n) * 0.25,
            "k": rare,
            "shop_id": codes,
            "row_id": np.arange(n) * 3,
            "price": [f"${i % 999}.50" for i in range(n)],
            "flag": [i == 4321 for i in range(n)],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    monkeypatch.setattr(seeing, "SAMPLE", 500)
    spec = load_data(options(tmp_path / "x.parquet", memory=1e-6), 0).spec.table
    assert {one.name: one.kind for one in (*spec.columns, *spec.left_out)} == {
        "x": "continuous",
        "k": "categorical",
        "shop_id": "categorical",
        "row_id": "id",
        "price": "continuous",
        "flag": "binary",
    }
    assert set(spec.columns[spec.place("k")].categories) == {"a", "b", "c", "rare"}
    assert spec.columns[spec.place("shop_id")].n_categories == 1500
    with pytest.raises(InputError, match=r"column 'k' holds 'd' in row 4999: it was not learnt"):
        frame.with_columns(k=pl.Series([*rare[:-1], "d"])).write_parquet(tmp_path / "y.parquet")
        load_data(
            options(tmp_path / "y.parquet", memory=1e-6), 0, load_data(options(tmp_path / "x.parquet"), 0).spec
        ).train.x[:]


def test_the_columns_file_is_not_asked_for_again(path, tmp_path):
    (tmp_path / "c.yaml").write_text("columns: {age: {kind: count}}")
    config = options(path, columns_file=str(tmp_path / "c.yaml"))
    spec = load_data(config, 0).spec
    (tmp_path / "c.yaml").unlink()
    again = load_data(config, 0, spec)
    np.testing.assert_array_equal(again.train.x, load_data(options(path), 0, spec).train.x)
    assert again.spec.table.columns[0].kind == "count"


def test_signs_of_missing_values(tmp_path):
    (tmp_path / "n.csv").write_text("a,b\n1,2.5\n-999,4\n3,-\n-,7\n")
    for name in ("missing", "missing_signs"):
        config = FileOptions(path=str(tmp_path / "n.csv"), test_fraction=0.0, **{name: [-999, "-"]})
        with pytest.raises(InputError, match=r"must hold finite numbers. Received: nan in row 1"):
            load_data(config, 0)
    both = FileOptions(path=str(tmp_path / "n.csv"), missing="-", missing_signs="-")
    with pytest.raises(InputError, match=r"data.missing=- and data.missing_signs=- are two names of one key"):
        load_data(both, 0)
    table = options(tmp_path / "n.csv", missing_signs=[-999, "-"], test_fraction=0.0)
    np.testing.assert_array_equal(load_data(table, 0).train.x, [[0, 2.5], [np.nan, 4], [1, np.nan], [np.nan, 7]])


def test_a_file_of_numbers_is_read_with_the_signs_that_were_learnt(tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    lines = ["a,b,kind", *[f"{i}.5,{2 * i},{('None', 'one', '-')[i % 3]}" for i in range(9)], ""]
    path = tmp_path / "n.csv"
    path.write_text("\n".join(lines))
    keys = {"path": str(path), "test_fraction": 0.0, "label_column": "kind", "scale": "standard"}
    data = load_data(FileOptions(**keys, missing_signs="-"), 0)
    spec = InputSpec.from_json(json.loads(json.dumps(data.spec.to_json())))
    assert {"missing", "missing_signs", "decimal", "thousands"} <= FileOptions.HOW_TO_READ
    assert spec.missing_signs == ("-",) and "of the learnt run" not in caplog.text
    again = load_data(FileOptions(**keys), 0, spec)
    assert again.train.labels.tolist() == data.train.labels.tolist() == ["None", "one", ""] * 3
    assert "is read with data.missing_signs of the learnt run: '-'" in caplog.text
    path.write_text("\n".join(lines).replace("3.5", "-"))
    with pytest.raises(InputError, match=r"must hold finite numbers. Received: nan in row 3"):
        load_data(FileOptions(**keys), 0, spec)
    with pytest.raises(InputError, match="column 'a' holds '-' in line 5"):
        load_data(FileOptions(**keys, missing_signs=["NA"]), 0, spec)
    pl.DataFrame({"a": [1.5], "b": [2.0]}).write_parquet(tmp_path / "n.parquet")
    other = keys | {"path": str(tmp_path / "n.parquet"), "label_column": None}
    assert len(load_data(FileOptions(**other), 0, spec).train) == 1
    assert "missing_signs" not in load_data(FileOptions(**other), 0).spec.to_json()


def test_a_file_of_numbers_is_read_with_the_signs_between_thousands_that_were_learnt(tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    path = tmp_path / "n.tsv"
    path.write_text("a\tb\n" + "".join(f"{i}.{250 + i}\t{2 * i}\n" for i in range(1, 9)))
    keys = {"path": str(path), "test_fraction": 0.0, "scale": "none"}
    data = load_data(FileOptions(**keys, thousands="point"), 0)
    spec = InputSpec.from_json(json.loads(json.dumps(data.spec.to_json())))
    assert spec.text.signs == (",", ".") and data.train.x[0].tolist() == [1251, 2]
    np.testing.assert_array_equal(load_data(FileOptions(**keys), 0, spec).train.x, data.train.x)
    assert "numbers are read with data.decimal=comma data.thousands=point, as in the learnt table" in caplog.text
    assert load_data(FileOptions(**keys, decimal="point"), 0, spec).train.x[0, 0] == np.float32(1.251)
    path.write_text("a\tb\n1.25\t2\n")
    assert load_data(FileOptions(**keys), 0, spec).train.x[0, 0] == 1.25
    assert "text" not in load_data(FileOptions(**keys), 0).spec.to_json()
