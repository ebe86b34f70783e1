"""What each level stands for: learnt from values, kept by a rule or a list, the same after JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kvae.uses.compression.level_map import LevelMap, bits, from_spans, spans


def learnt(levels, values) -> LevelMap:
    known = LevelMap(None if values.dtype == object else values.dtype)
    known.learn(np.asarray(levels, np.int32), values)
    return known


def again(known: LevelMap) -> LevelMap:
    return LevelMap.from_json(json.loads(json.dumps(known.to_json())))


def test_a_level_stands_for_its_most_frequent_value():
    values = np.array([1.0, 0.0, -0.0, -0.0, 5.0])
    known = learnt([1, 0, 0, 0, 5], values)
    assert known.exceptions(np.array([1, 0, 0, 0, 5]), values).tolist() == [1]
    np.testing.assert_array_equal(np.signbit(again(known).value_of(np.array([0, 5]))), [True, False])


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">u8", "<f2", ">f4", "<f8"])
def test_rules_name_no_levels_and_hold_for_all(dtype):
    levels = np.array([3, 5, 60])
    values = (2 * levels + 4).astype(dtype)
    known = learnt(levels, values)
    assert "levels" not in known.to_json() and known.to_json()["step"] == 2
    found = again(known).value_of(np.array([60, 3, 4]))
    assert found.dtype == np.dtype(dtype) and found.tolist() == [124, 10, 12]


def test_whole_numbers_as_text_and_shares_have_rules():
    texts = np.array(["0", "10", "-10"], object)
    assert learnt([2, 3, 1], texts).to_json() == {"type": "text", "first": -20, "step": 10}
    shares = np.arange(0, 256, 5, dtype=np.float32) / np.float32(255)
    assert learnt(np.arange(0, 256, 5), shares).to_json() == {"type": "<f4", "first": 0, "step": 1, "over": 255}
    for odd in ("007", "1.0", "+1", "1 "):
        known = learnt([0, 1], np.array(["0", odd], object))
        assert known.to_json()["values"] == ["0", odd] == again(known).value_of(np.array([0, 1])).tolist()


def test_large_levels_are_looked_up_as_small_ones_are():
    levels = np.array([2**31 - 1, 7, 2**30], np.int64)
    values = np.array([1, 5, 2], np.uint8)
    known = again(learnt(levels, values))
    assert known.value_of(levels).tolist() == [1, 5, 2]
    with pytest.raises(ValueError, match="level 8 has no value"):
        known.value_of(np.array([8]))
    with pytest.raises(ValueError, match="level 1073741825 has no value"):
        learnt([2**30], values[:1]).value_of(np.array([2**30 + 1]))


def test_maps_that_agree_are_one():
    first, second = learnt([0, 1], np.array([0, 10])), learnt([1, 2], np.array([10, 20]))
    assert first.merged(second).to_json() == {"type": "<i8", "first": 0, "step": 10}
    assert first.merged(learnt([1], np.array([11]))) is None
    assert first.merged(learnt([1], np.array([10], np.int32))) is None


NUMBERS = st.sampled_from(["b1", "i1", "u1", "<i2", ">i4", "<u8", ">f2", "<f4", "<f8"])


@settings(deadline=None)
@given(data=st.data(), dtype=NUMBERS)
def test_values_of_every_type_come_back(data, dtype):
    elements = arrays.from_dtype(np.dtype(dtype), **({"allow_nan": False} if "f" in dtype else {}))
    values = data.draw(arrays.arrays(dtype, st.integers(0, 20), elements=elements))
    levels = data.draw(arrays.arrays(np.int32, len(values), elements=st.integers(0, 9)))
    known = learnt(levels, values)
    apart = known.exceptions(levels, values)
    back = again(known).value_of(levels)
    back[apart] = values[apart]
    np.testing.assert_array_equal(bits(back), bits(values))
    assert back.dtype == np.dtype(dtype)


@given(st.sets(st.integers(0, 40)))
def test_runs_of_levels_come_back(found):
    levels = np.array(sorted(found), np.int64)
    assert from_spans(spans(levels)).tolist() == levels.tolist()


@pytest.mark.parametrize(
    "forged",
    [
        [],
        {"type": "c8"},
        {"type": "u1"},
        {"type": "text", "levels": [0, 1], "values": [3]},
        {"type": "|u1", "levels": [0, 1], "values": [300]},
        {"type": "|u1", "levels": [0, 2], "values": [1]},
        {"type": "|u1", "levels": [5, 1, 2, 1], "values": [1, 2]},
        {"type": "|u1", "levels": [0, 2**40], "values": [1]},
        {"type": "|u1", "levels": [0], "values": [1]},
    ],
)
def test_forged_maps_are_refused(forged):
    with pytest.raises(ValueError, match="its form"):
        LevelMap.from_json(forged)


@pytest.mark.parametrize(
    "rule", [{"first": 1.5}, {"first": 10**30}, {"first": 0, "step": 0.5}, {"first": 0, "over": 0}, {"first": 300}]
)
def test_forged_rules_are_refused(rule):
    with pytest.raises(ValueError, match="its form"):
        LevelMap.from_json({"type": "|u1", **rule}).value_of(np.array([1]))
