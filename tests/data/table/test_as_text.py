"""A text file with categories that look like numbers or truth values, of a column learnt as categories."""

import polars as pl
import pytest

from kvae.data.table import decode, encode, infer_columns, read_frame
from kvae.errors import InputError

N = 60
TEXTS = {
    "versions": ["1.1", "1.10", "1.2"],
    "halves": ["1.0", "1.5", "2.0"],
    "truth": ["False", "True", "Unknown"],
    "whole": ["1", "2", "10"],
}


def spec_and_frame(name, dtype):
    texts = TEXTS[name]
    values = pl.Series([texts[i % 3] for i in range(N)]).cast(
        pl.Enum(texts) if dtype == "Enum" else pl.Categorical
    )
    frame = pl.DataFrame({"a": values, "rest": [i * i % 7 for i in range(N)]})
    return infer_columns(frame), frame


@pytest.mark.parametrize("dtype", ["Categorical", "Enum"])
@pytest.mark.parametrize("name", TEXTS)
def test_categories_are_the_same_in_a_text_file(tmp_path, name, dtype):
    spec, frame = spec_and_frame(name, dtype)
    path = tmp_path / "x.csv"
    for rows in (frame, frame[:1], frame[::3], frame.filter(pl.col("a") != TEXTS[name][2])):
        rows.write_csv(path)
        later = encode(read_frame(path, spec=spec), spec)
        assert later.tolist() == encode(rows, spec).tolist()
        assert decode(later, spec)["a"].to_list() == rows["a"].to_list()


def test_a_version_that_was_not_learnt_is_refused(tmp_path):
    spec, _ = spec_and_frame("versions", "Categorical")
    (tmp_path / "x.csv").write_text("a,rest\n1.1,2\n1.20,3\n")
    with pytest.raises(InputError, match=r"'a' holds '1\.20' in row 1: it was not learnt .did you mean 1\.2\?"):
        encode(read_frame(tmp_path / "x.csv", spec=spec), spec)


def test_whole_numbers_may_still_be_written_with_a_point(tmp_path):
    spec, frame = spec_and_frame("whole", "Categorical")
    (tmp_path / "x.csv").write_text("a,rest\n" + "".join(f"{a}.0,{b}\n" for a, b in frame.iter_rows()))
    assert encode(read_frame(tmp_path / "x.csv", spec=spec), spec).tolist() == encode(frame, spec).tolist()
