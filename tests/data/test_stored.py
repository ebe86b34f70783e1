import numpy as np
import polars as pl
import pytest

from kvae.data.batches import Plan, evaluation_batches, training_blocks
from kvae.data.batches.buffers import Buffers
from kvae.data.large import open_large
from kvae.data.row_files import NpyFile, ParquetFile, Shards
from kvae.data.scaling import learn_scaling
from kvae.data.stored import StoredRows, buffer_rows
from kvae.errors import InputError

X = np.random.default_rng(0).random((53, 3)).astype(np.float32)


def npy(path, array=X):
    np.save(path, array)
    return path


def rows_of(source, **kwargs):
    return StoredRows(source, 0, source.shape[0], source.shape[1:], **kwargs)


@pytest.fixture(params=["npy", "parquet", "shards"])
def stored(request, tmp_path):
    if request.param == "npy":
        return rows_of(NpyFile(npy(tmp_path / "x.npy")))
    if request.param == "parquet":
        pl.DataFrame(X, schema=["a", "b", "c"]).write_parquet(tmp_path / "x.parquet")
        source = ParquetFile(tmp_path / "x.parquet", ["a", "b", "c"], 53)
        source.chunk = 10
        return rows_of(source)
    parts = [npy(tmp_path / f"{i}.npy", part) for i, part in enumerate(np.split(X, [1, 20, 50]))]
    return rows_of(Shards([NpyFile(part) for part in parts]))


@pytest.mark.parametrize("rows", [slice(0, 53), slice(19, 51), slice(52, 60), slice(7, 7), slice(0, 53, 13)])
def test_ranges_are_those_of_the_array(stored, rows):
    np.testing.assert_array_equal(stored[rows], X[rows])


def test_parts_columns_shapes_and_preparation(stored):
    part = stored.part(slice(10, None)).part(slice(0, 30))
    assert (len(part), part.shape, part.ndim, part.size) == (30, (30, 3), 2, 90)
    np.testing.assert_array_equal(part[3:5], X[13:15])
    np.testing.assert_array_equal(part[np.array([29, 0])], X[[39, 10]])
    chosen = StoredRows(stored.source, 5, 9, (2,), columns=(2, 0), prepare=lambda x: x * 2)
    np.testing.assert_array_equal(chosen[:], X[5:9][:, [2, 0]] * 2)
    assert stored.reshape(-1, 3, 1)[:2].shape == (2, 3, 1)


@pytest.mark.parametrize("buffer_rows", [1, 10, 25, 1000])
def test_a_pass_holds_every_row_once_and_each_pass_has_its_order(tmp_path, buffer_rows):
    source = NpyFile(npy(tmp_path / "x.npy"))
    source.chunk = 10
    buffers = Buffers(rows_of(source, buffer_rows=buffer_rows), seed=0)
    passes = []
    for iteration in (0, 1):
        pieces = [buffers.take(iteration, start, min(start + 8, 53)) for start in range(0, 53, 8)]
        x, rows = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        np.testing.assert_array_equal(np.sort(rows), np.arange(53))
        np.testing.assert_array_equal(x, X[rows])
        passes.append(rows)
    assert not np.array_equal(*passes)
    again = Buffers(buffers.x, seed=0).take(1, 8, 40)[1]
    np.testing.assert_array_equal(again, passes[1][8:40])
    np.testing.assert_array_equal(Buffers(buffers.x, 0, shuffle=False).take(0, 8, 40)[1], np.arange(8, 40))


def test_a_buffer_mixes_chunks_from_all_over_the_data(tmp_path):
    source = NpyFile(npy(tmp_path / "x.npy", np.arange(1000.0, dtype=np.float32)[:, None]))
    source.chunk = 10
    first = Buffers(rows_of(source, buffer_rows=100), seed=0).take(0, 0, 100)[1]
    assert len(np.unique(first // 10)) == 10
    assert np.ptp(first) > 300
    assert np.mean(np.abs(np.diff(first)) > 10) > 0.8


def test_streamed_blocks_hold_rows_with_their_messages(tmp_path):
    x = rows_of(NpyFile(npy(tmp_path / "x.npy")))
    plan = Plan(n=53, batch_size=10, itr=2, log_every=1, seed=0)
    for block in training_blocks(x, plan, prior={"prior_mu": -X}):
        assert block["x"].shape == (6, 10, 3)
        filled = block["sample_weight"] > 0
        assert filled.sum() == 53
        np.testing.assert_array_equal(block["x"], -block["prior_mu"])
        np.testing.assert_array_equal(np.sort(block["x"][filled], axis=0), np.sort(X, axis=0))


def test_evaluation_batches_are_those_of_the_array(tmp_path):
    x = rows_of(NpyFile(npy(tmp_path / "x.npy")))
    for ours, theirs in zip(evaluation_batches(x, 20), evaluation_batches(X, 20), strict=True):
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])


def test_what_fits_in_memory_is_left_to_others(tmp_path):
    path = str(npy(tmp_path / "x.npy"))
    assert open_large(path, None, None, 1.0, 100) is None
    for other in (np.asfortranarray(X), np.array([[1, "x"]], object), np.array(3.0)):
        assert open_large(str(npy(tmp_path / "other.npy", other)), None, None, 1.0, 100) is None
    assert isinstance(open_large(path, None, None, 0.0, 100).x, StoredRows)
    assert open_large(str(tmp_path / "x.npy"), [0], 2, 0.0, 100).x.shape == (53, 1)


def test_a_pattern_takes_its_files_in_the_order_of_their_names(tmp_path):
    for i, part in enumerate(np.split(X, [1, 20])):
        npy(tmp_path / f"{i}.npy", part)
    for memory in (0.0, 1.0):
        raw = open_large(str(tmp_path / "*.npy"), [0, 2], 1, memory, 100)
        np.testing.assert_array_equal(raw.x[:], X[:, [0, 2]])
        np.testing.assert_array_equal(raw.labels, X[:, 1])
    assert isinstance(raw.x, np.ndarray)


@pytest.mark.parametrize(
    ("files", "pattern", "text"),
    [
        ({}, "*.npy", "matches no file"),
        ({"a.npy": X, "b.npy": X[:, :2]}, "*.npy", "b.npy holds rows of shape (2,) and type float32"),
        ({"a.npy": X, "b.npy": X.astype(int)}, "*.npy", "and type int64, a.npy of (3,) and float32"),
        ({"a.npy": np.asfortranarray(X)}, "a.npy", "no array of rows in C order"),
        ({"a.npy": b"no array"}, "*.npy", "cannot be read as .npy"),
        ({"a.parquet": b"no table"}, "*.parquet", "cannot be read as .parquet"),
        ({"a.csv": b"1,2"}, "*.csv", "must match files with one ending of .npy, .parquet. Received: .csv"),
    ],
)
def test_what_cannot_be_streamed_is_refused(tmp_path, files, pattern, text):
    for name, content in files.items():
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
        else:
            npy(tmp_path / name, content)
    with pytest.raises(InputError) as error:
        open_large(str(tmp_path / pattern), None, None, 0.0, 100)
    assert text in str(error.value)


def test_a_cut_off_file_is_refused(tmp_path):
    path = npy(tmp_path / "x.npy")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"cut off or forged: its header promises shape \(53, 3\), 636 bytes"):
        NpyFile(path)


def test_buffers_of_wide_rows_hold_fewer():
    assert buffer_rows(65_536, (784,)) == 65_536
    assert buffer_rows(65_536, (256, 256, 3)) == 2**29 // (4 * 256 * 256 * 3)
    assert buffer_rows(5, (2**40,)) == 1


@pytest.mark.parametrize("memory", [0, 4])
def test_columns_far_from_0_keep_their_digits_until_they_are_scaled(tmp_path, memory):
    """Files of one pattern may have columns of float32 and of float64; times in seconds need float64."""
    times = 1.7e9 + np.arange(60.0)
    pl.DataFrame({"t": times[:30], "a": X[:30, 0]}).write_parquet(tmp_path / "0.parquet")
    pl.DataFrame({"t": times[30:].astype(int), "a": X[:30, 0]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"t": X[:5, 1], "a": X[:5, 0]}).write_parquet(tmp_path / "2.parquet")
    raw = open_large(f"{tmp_path}/*.parquet", None, None, memory, 100)
    np.testing.assert_array_equal(raw.x[:][:, 0], [*times, *X[:5, 1]])
    scaling = learn_scaling("standard", raw.x.part(slice(60)) if memory == 0 else raw.x[:60])
    np.testing.assert_allclose(scaling.divisor, [times.std(), np.tile(X[:30, 0], 2).std()], rtol=1e-6)
    alone = open_large(f"{tmp_path}/2.parquet", None, None, 0, 100)
    assert alone.x.dtype == np.float32
