"""Files of rows with names."""

import numpy as np
import polars as pl
import pytest

from kvae.data.tables import read_means, read_table
from kvae.errors import InputError
from kvae.runs import ModuleFolder, reading_rows, rows
from kvae.runs.reading_rows import join_files


def test_rows_have_names_above_and_beside_them(tmp_path):
    x = np.arange(6, dtype=np.float32).reshape(3, 2) / 3
    beside = {"row": range(4, 7), "label": np.array(["a, b", "", "two\nlines"])}
    path = ModuleFolder(tmp_path, "csv", beside).write_rows("x_hat_recog", x, ["länge", "row"])
    frame = pl.read_csv(path)
    assert frame.columns == ["row_", "label", "länge", "row"]
    assert frame["row_"].to_list() == [4, 5, 6]
    assert frame["label"].to_list() == ["a, b", None, "two lines"]
    np.testing.assert_array_equal(frame["länge"].to_numpy().astype(np.float32), x[:, 0])
    assert len(path.read_text().splitlines()) == 4


def test_pieces_keep_what_stands_beside_them(tmp_path):
    x = np.random.default_rng(0).normal(size=(25_000, 2)).astype(np.float32)
    folder = ModuleFolder(tmp_path, "csv", {"id": np.arange(25_000).astype(str)})
    with folder.rows_writer("z_recog", len(x), (2,)) as write:
        for start in range(0, len(x), 7_000):
            write(x[start : start + 7_000])
    frame = pl.read_csv(tmp_path / "z_recog.csv")
    assert frame.columns == ["id", "z0", "z1"] and frame["id"].to_list() == list(range(25_000))
    np.testing.assert_array_equal(frame.select("z0", "z1").to_numpy().astype(np.float32), x)


@pytest.mark.parametrize("columns", [1, 7, 1024, 1026, 1031, 2048])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_text_of_rows_of_any_width_reads_back_to_the_same_numbers(tmp_path, columns, dtype, monkeypatch):
    monkeypatch.setattr(rows, "NUMBERS_AT_ONCE", 3 * columns + 1)
    special = [-0.0, 1e-30, 1 / 3, 3e38, 1e-45, 16777217, 1e16, 0.1, -7, np.nan, np.inf, -np.inf]
    table = np.resize(np.array(special[: 9 if dtype is np.int64 else None]), (8, columns))
    table = (np.clip(table, -(2**62), 2**62) if dtype is np.int64 else table).astype(dtype)
    path = ModuleFolder(tmp_path).write_rows("x_hat_recog", table)
    read = np.loadtxt(path, dtype, ndmin=2)
    np.testing.assert_array_equal(read, table)
    np.testing.assert_array_equal(np.signbit(read), np.signbit(table))
    lines = [" ".join(pl.select(pl.Series(row).cast(pl.String)).to_series()) for row in table]
    assert path.read_text() == "\n".join([*lines, ""])


def test_a_file_of_another_number_of_rows_has_nothing_beside_it(tmp_path):
    path = ModuleFolder(tmp_path, "csv", {"row": range(3)}).write_rows("acc_recog", np.array([0.5]))
    assert path.read_text() == "acc\n0.5\n"


def test_what_was_written_with_names_is_read_back_by_them(tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    beside = {"row": [3, 8, 9, 12, 20], "label": np.array(list("abcab"))}
    path = ModuleFolder(tmp_path, "csv", beside).write_rows("x_hat_recog", x, ["a", "b", "c"])
    raw = read_table(str(path), label_column="label")
    np.testing.assert_array_equal(raw.x.astype(np.float32), x)
    assert raw.columns == ("a", "b", "c") and raw.ids.tolist() == ["3", "8", "9", "12", "20"]


def test_means_that_were_written_with_names_are_read_without_what_stands_beside_them(tmp_path):
    mu = np.random.default_rng(0).normal(size=(4, 2))
    beside = {"row": [2, 4, 6, 9], "label": np.array(list("abca"))}
    for name in ("mu_learn", "z_recog"):
        path = ModuleFolder(tmp_path, "csv", beside).write_rows(name, mu)
        np.testing.assert_array_equal(read_means("mode.prior_mu", str(path)), mu)
    shuffled = pl.DataFrame({"mu1": mu[:, 1], "mu10": mu[:, 0], "mu0": mu[:, 0]})
    shuffled.write_csv(tmp_path / "x.csv")
    shuffled.write_parquet(tmp_path / "x.parquet")
    for name in ("x.csv", "x.parquet"):
        np.testing.assert_array_equal(read_means("prior.path", str(tmp_path / name)), mu[:, [0, 1, 0]])
    np.save(tmp_path / "mu.npy", mu)
    np.testing.assert_array_equal(read_means("prior.path", str(tmp_path / "mu.npy")), mu)


def test_means_that_are_no_numbers_are_told_without_keys_of_the_data(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1.5,x\n2.5,y\n")
    with pytest.raises(
        InputError, match=r"^prior\.path=\S+ must hold numbers, but column 'b' .*Correct the file$"
    ):
        read_means("prior.path", str(tmp_path / "x.csv"))


def test_frames_keep_what_stands_beside_them_whatever_the_format(tmp_path):
    folder = ModuleFolder(tmp_path, "txt", {"row": range(3, 7), "sex": list("abcd")})
    first = pl.DataFrame({"sex": ["f", "m\nx"], "age": [1, None]})
    with folder.frames_writer("x_hat_learn", 4) as write:
        write(first)
        write(pl.DataFrame({"sex": ["f", 'say "hi"'], "age": [3, 4]}))
    frame = pl.read_csv(tmp_path / "x_hat_learn.csv")
    assert frame.columns == ["row", "sex_", "sex", "age"] and frame["row"].to_list() == [3, 4, 5, 6]
    assert frame["sex"].to_list() == ["f", "m\nx", "f", 'say "hi"'] and frame["age"].to_list() == [1, None, 3, 4]


@pytest.mark.parametrize("beside", [{}, {"row": [0, 1]}])
def test_a_name_that_is_empty_in_the_table_stays_so(tmp_path, beside):
    folder = ModuleFolder(tmp_path, "csv", beside)
    with folder.frames_writer("impute", 2, names=("", "age")) as write:
        write(pl.DataFrame({"Unnamed: 0": ["1", "2"], "age": ["3", "4"]}))
    assert (tmp_path / "impute.csv").read_text().splitlines()[0] == ",".join([*beside, '""', "age"])


def test_rows_whose_text_has_ends_of_lines_are_joined(tmp_path):
    files = []
    for number, text in enumerate(("a\nb", 'c"\n"d')):
        folder = ModuleFolder(tmp_path / str(number))
        with folder.frames_writer("x_hat_recog", 2) as write:
            write(pl.DataFrame({"t": [text, "z"]}))
        files.append(folder.path / "x_hat_recog.csv")
    join_files(files, [2, 2], tmp_path)
    assert pl.read_csv(tmp_path / "x_hat_recog.csv")["t"].to_list() == ["a\nb", "z", 'c"\n"d', "z"]


def test_a_table_of_numbers_and_text_is_read_back_as_text(tmp_path):
    folder = ModuleFolder(tmp_path)
    assert folder.read_table("clusters_learn") == ([], [])
    folder.write_table("clusters_learn", {"a,b": [1, None], "c": ["x\ny", ""]})
    assert folder.read_table("clusters_learn") == (["a,b", "c"], [["1", "x\ny"], ["", ""]])
    (tmp_path / "clusters_learn.csv").write_text("a,b\n1\n")
    with pytest.raises(InputError, match=r"clusters_learn.csv is missing or damaged: its rows differ in length"):
        folder.read_table("clusters_learn")


def test_numbers_with_names_are_read_back_in_pieces_beside_any_text(tmp_path, monkeypatch):
    monkeypatch.setattr(reading_rows, "ROWS_AT_ONCE", 4)
    z = np.random.default_rng(0).normal(size=(11, 3)) * 10.0 ** np.arange(-150, 180, 30)[:, None]
    z[2], z[3, 1] = [np.nan, np.inf, -np.inf], -0.0
    beside = {"z": range(11), 'la"bel': np.array(['a"b', "c, d", "", '"', '""', "1"] * 2)[:11]}
    folder = ModuleFolder(tmp_path, "csv", beside)
    path = folder.write_rows("z_recog", z)
    starts, pieces = zip(*folder.rows_in("z_recog", 11), strict=True)
    assert starts == (0, 4, 8)
    np.testing.assert_array_equal(np.concatenate(pieces), z)
    text = path.read_text().replace("c, d", "c,\n\nd")  # of others: ends of lines within quotes
    path.write_text(text)
    pieces = [piece for _, piece in folder.rows_in("z_recog", 11)]
    np.testing.assert_array_equal(np.concatenate(pieces), z)


@pytest.mark.parametrize("number", ["", "x", "1,2"])
def test_rows_with_names_that_lack_numbers_cannot_be_read(tmp_path, number):
    (tmp_path / "z_recog.csv").write_text(f"row,z0,z1\n0,1,2\n1,{number},2\n")
    with pytest.raises(InputError, match=r"z_recog.csv cannot be read: "):
        list(ModuleFolder(tmp_path).rows_in("z_recog", 2))
