import math

import pytest

from kvae.metrics import larger_is_better, meaning_of
from kvae.metrics.compression import beside_raw, coding_speed, others_metrics, restored, sizes


def test_sizes_count_every_byte():
    found = sizes(n=10, dims=64, n_bytes=160, raw_bytes=640, net_bits=960.0, promise=1.6)
    assert found == {
        "bits_per_dim": 1.6,
        "bits_per_dim_net": 1.5,
        "bits_per_dim_gross": 2.0,
        "gap": pytest.approx(0.25),
        "bytes": 160,
        "raw_bytes": 640,
        "ratio": 4.0,
    }
    assert math.isnan(sizes(10, 64, 160, 640, 960.0, promise=0.0)["gap"])
    assert "beside_bytes" not in found and sizes(10, 64, 160, 640, 960.0, 1.6, 40)["beside_bytes"] == 40


def test_all_that_is_measured_is_explained():
    measured = sizes(1, 1, 1, 1, 1.0, 1.0) | restored(3, 1) | coding_speed(10, 2.0, 4.0)
    measured |= others_metrics(dict.fromkeys(("gzip", "bz2", "xz", "zstd", "png", "webp"), 1.0))
    assert [name for name in measured if not meaning_of(name).text] == []
    assert measured["encoded_per_second"] == 5.0 and measured["decoded_per_second"] == 2.5
    assert larger_is_better("ratio") and not larger_is_better("bits_per_dim_gross")
    assert "lost_rows" not in restored(3) and "decoded_per_second" not in coding_speed(10, 2.0)


def test_an_archive_that_is_larger_than_its_rows_is_said_to_be_so():
    assert [beside_raw(ratio) for ratio in (4.0, 1.0, 0.5)] == [
        "4.0 times smaller than raw",
        "1.0 times smaller than raw",
        "2.0 times larger than raw",
    ]
