"""The cells of codes: as fine as asked for, true to the mean, the same after packing; forged ones are refused."""

import itertools

import numpy as np
import pytest
from scipy.stats import entropy

from kvae.uses.compression.cells import (
    FEW_CELLS,
    UNIT,
    choose_cells,
    pack_cells,
    to_units,
    unpack_cells,
    widths,
)

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
from kvae.uses.compression.cell_coding import (
    Curve,
    bits_of,
    blocks,
    choose_curve,
    decode_cells,
    encode_cells,
)


def posteriors(n=2000, d=6, seed=0):
    """Codes and precisions of which the last dimension tells nothing."""
    rng = np.random.default_rng(seed)
    sd = np.array([0.05, 0.1, 0.2, 0.5, 0.8, 1.0])[:d]
    mean = rng.normal(0.3, np.sqrt(np.maximum(1.0 - sd**2, 1e-6)), (n, d))
    return to_units(mean), np.broadcast_to(1.0 / sd**2, (n, d))


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 12])
def test_two_to_the_bits_cells_span_six_standard_deviations_of_the_most_telling_dimension(bits):
    codes, precision = posteriors()
    cells = choose_cells(codes, precision, bits)
    sd = codes.std(axis=0)
    spanned = 6.0 * sd / cells.step
    assert 2**bits / 1.2 < spanned.max() < 2**bits * 1.05
    assert spanned.argmax() == 0
    assert (spanned <= spanned[0]).all()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_dimension_of_which_the_data_tells_nothing_has_one_cell(bits):
    cells = choose_cells(*posteriors(), bits)
    assert cells.count[-1] == 1
    assert cells.count[0] > 2
    words, _ = encode_cells(
        np.zeros((5, 6), np.int32), choose_cells(to_units(np.ones((5, 6))), np.ones((5, 6)), bits)
    )
    assert len(words) <= 4


def test_steps_are_in_proportion_to_what_an_error_of_a_code_costs():
    codes, precision = posteriors()
    cells = choose_cells(codes, precision, 8)
    wanted = 1.0 / np.sqrt(precision[0, :4] - 1.0)
    ratio = cells.step[:4] / cells.step[0] * wanted[0] / wanted
    assert np.abs(np.log2(ratio)).max() < 0.14  # widths are an eighth of a power of two apart


@pytest.mark.parametrize("bits", [1, 3, 8, 16])
def test_codes_come_back_within_half_a_cell(bits):
    codes, precision = posteriors(500)
    cells = choose_cells(codes, precision, bits)
    index = cells.index(codes)
    assert index.min() >= 0 and (index.max(axis=0) < cells.count).all()
    middles = cells.origin + (cells.lowest + index) * cells.step
    assert (2 * np.abs(codes - middles) <= cells.step + 1).all()
    assert (np.abs(cells.codes(index) - codes) <= 1.5 * cells.step).all()


def test_few_cells_come_back_as_the_means_of_their_codes():
    codes, precision = posteriors()
    cells = choose_cells(codes, precision, 2)
    index = cells.index(codes)
    back = cells.codes(index)
    checked = 0
    for j in np.flatnonzero((cells.count > 1) & (cells.count <= FEW_CELLS)):
        for cell in np.unique(index[:, j]):
            rows = index[:, j] == cell
            assert np.abs(back[rows, j] - codes[rows, j].mean()).max() <= cells.step[j] / 256 + 1
            checked += 1
    assert checked > 4
    plain = (codes - (cells.origin + (cells.lowest + index) * cells.step)).astype(float)
    assert ((back - codes).astype(float) ** 2).mean() < (plain**2).mean()


def test_an_outlier_has_a_cell_and_leaves_those_of_others_fine():
    codes, precision = posteriors(1000)
    usual = choose_cells(codes, precision, 6)
    codes = codes.copy()
    codes[0, 0] = 200 / UNIT
    cells = choose_cells(codes, precision, 6)
    assert cells.step[0] < 1.5 * usual.step[0]
    assert abs(int(cells.codes(cells.index(codes))[0, 0]) - int(codes[0, 0])) <= cells.step[0] / 2 + 1
    far = np.full((4, 6), 4096.0)
    far[0] = -4096.0
    cells = choose_cells(to_units(far), np.full((4, 6), 1e6), 16)
    assert cells.count.max() <= 2**16
    assert np.abs(cells.codes(cells.index(to_units(far))) * UNIT - far).max() < 0.2


@pytest.mark.parametrize("n", [1, 2, 31, 33, 700])
@pytest.mark.parametrize("bits", [1, 5, 11])
def test_cells_come_back_as_they_were(n, bits):
    codes, precision = posteriors(n, seed=n)
    cells = choose_cells(codes, precision, bits)
    index = cells.index(codes)
    words, row_bits = encode_cells(index, cells)
    content = pack_cells(cells) + words
    again, place = unpack_cells(content, 0, 6, n)
    assert place == len(pack_cells(cells))
    assert np.array_equal(decode_cells(content, place, n, again), index)
    assert np.array_equal(again.codes(index), cells.codes(index))
    assert row_bits.shape == (n,)
    assert abs(8 * len(words) - row_bits.sum()) <= 8 * 3 * 6 + 64 + 0.01 * n


@pytest.mark.parametrize("bits", [2, 4, 6])
def test_a_row_costs_the_entropy_of_its_cells(bits):
    codes, precision = posteriors(8000)
    cells = choose_cells(codes, precision, bits)
    index = cells.index(codes)
    words, row_bits = encode_cells(index, cells)
    wanted = sum(entropy(np.bincount(column), base=2) for column in index.T)
    assert wanted <= row_bits.mean() < wanted * 1.01 + 0.02
    assert 8 * len(words) / 8000 < wanted * 1.012 + 0.05


def test_what_a_block_costs_is_what_the_masses_say():
    """By a second route: the counts before each block, row by row."""
    rng = np.random.default_rng(1)
    cells = np.clip(np.rint(rng.normal(5, 2, 300)), 0, 11).astype(np.int32)
    curve = choose_curve(cells, 12, 5)
    wanted, starts = [], [rows.start for rows in blocks(300)]
    for row, cell in enumerate(cells):
        before = max(start for start in starts if start <= row)
        seen = np.bincount(cells[:before], minlength=12)
        masses = curve(seen, curve.masses())
        wanted.append(-np.log2(masses[cell] / masses.sum()))
    assert np.allclose(bits_of(cells, curve), wanted, rtol=1e-12)


def test_blocks_grow_and_cover_all_rows():
    found = list(blocks(1000))
    assert found[0] == slice(0, 32) and found[-1].stop == 1000
    assert all(one.stop == other.start for one, other in itertools.pairwise(found))
    assert len(found) < 12


def test_masses_are_whole_and_positive():
    masses = Curve(50_000, 3, 40, 2).masses()
    assert (masses == np.rint(masses)).all() and masses.min() >= 1
    assert masses.argmax() == 3


def test_widths_are_an_eighth_of_a_power_of_two_apart():
    known = widths()
    assert known[0] == 1 and (np.diff(known) >= 0).all()
    assert np.allclose(known[80:], 2.0 ** (np.arange(80, len(known)) / 8), rtol=3e-3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut off"),
        (b"\x00\x00\x00", "from 1 to 65536 cells. Received: 0"),
        (b"\x81\x80\x04\x00\x00\x00", "from 1 to 65536 cells. Received: 65537"),
        (b"\x01\xf9\x01\x00", "no cells are of width 249"),
        (b"\x01\x00\xff\xff\xff\xff\x7f", "no cells are of width 0 around"),
        (b"\x02\x00\x00\x81\x80\x04", "65537 of them below"),
        (b"\x02\x00\x00\x01\x80", "a value of a cell is cut off"),
    ],
)
def test_forged_cells_are_refused(content, said):
    with pytest.raises(ValueError, match=said):
        unpack_cells(content, 0, 1, 100)


def test_forged_curves_and_words_are_refused():
    codes, precision = posteriors(64, 1)
    cells = choose_cells(codes, precision, 4)
    words, _ = encode_cells(cells.index(codes), cells)
    with pytest.raises(ValueError, match="0 eighths of a cell wide"):
        decode_cells(b"\x00" + words[1:], 0, 64, cells)
    with pytest.raises(ValueError, match=r"4\^1 to 4\^8 rows. Received: 4\^9"):
        decode_cells(words[:1] + b"\x09" + words[2:], 0, 64, cells)
    with pytest.raises(ValueError, match="its words are cut off"):
        decode_cells(words[:-1], 0, 64, cells)
    with pytest.raises(ValueError, match=r"do not end with its last row|end in one that is not 0"):
        decode_cells(words[:-4], 0, 64, cells)
    with pytest.raises(ValueError, match="do not end with its last row"):
        decode_cells(words, 0, 63, cells)
