"""The size of an archive, beside the bound and the sizes that other compressors give for the same data."""

import math
from collections.abc import Mapping

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.work import PER_SECOND, ROWS


@measures(
    bits_per_dim_gross=Meaning(
        "Bits per dimension, gross",
        "All bytes of the archive, with header and start bits.",
        "bits",
        "lower",
        rank=3,
    ),
    bits_per_dim_net=Meaning(
        "Bits per dimension, net",
        "The bits of the observations alone, without header, start bits, messages and checksums.",
        "bits",
        "lower",
        rank=2,
    ),
    gap=Meaning(
        "Gap to the bound",
        "How much larger the archive is than the negative evidence lower bound.",
        "%",
        "lower",
        rank=2,
    ),
    bytes=Meaning("Archive", "The size of the archive.", "bytes", "lower", rank=1),
    beside_bytes=Meaning(
        "Beside the observations",
        "The part of the archive that holds what the model does not read: other columns, names of files.",
        "bytes",
    ),
    raw_bytes=Meaning("Raw", "The size of the observations in their own type.", "bytes"),
    ratio=Meaning("Ratio", "How many times smaller than raw the archive is.", "", "higher", rank=2),
)
def sizes(
    n: int, dims: int, n_bytes: int, raw_bytes: int, net_bits: float, promise: float, beside_bytes: int = 0
) -> dict[str, float]:
    """Sizes of an archive of `n` observations of `dims` values.

    Args:
        n, dims: Both at least 1.
        n_bytes: The size of the file.
        raw_bytes: The size of the observations in the data's own type.
        net_bits: The size of the coded observations within the file.
        promise: The negative evidence lower bound in bits per dimension.
        beside_bytes: The part of the file for what the model does not read; a metric only if there is any.
    """
    gross = 8.0 * n_bytes / (n * dims)
    return {
        "bits_per_dim": promise,
        "bits_per_dim_net": net_bits / (n * dims),
        "bits_per_dim_gross": gross,
        "gap": gross / promise - 1.0 if promise > 0 else math.nan,
        "bytes": n_bytes,
        **({"beside_bytes": beside_bytes} if beside_bytes else {}),
        "raw_bytes": raw_bytes,
        "ratio": raw_bytes / n_bytes,
    }


def of_others(title: str, how: str) -> Meaning:
    """The meaning of another compressor's size."""
    return Meaning(title, f"The same values by {how}, in the layout that suits it best.", "bits", "lower")


@measures(
    gzip_bits_per_dim=of_others("gzip", "gzip -9"),
    bz2_bits_per_dim=of_others("bz2", "bzip2 -9"),
    xz_bits_per_dim=of_others("xz", "xz -9e"),
    zstd_bits_per_dim=of_others("zstd", "zstd --ultra -22"),
    png_bits_per_dim=of_others("PNG", "PNG"),
    webp_bits_per_dim=of_others("WebP", "lossless WebP"),
)
def others_metrics(bits_per_dim: Mapping[str, float]) -> dict[str, float]:
    """The sizes that other compressors give for the same data, in bits per dimension, by their names."""
    return {f"{name}_bits_per_dim": bits for name, bits in bits_per_dim.items()}


@measures(
    encoded_per_second=Meaning(
        "Speed of compressing",
        "Observations that were coded and written per second.",
        PER_SECOND,
        "higher",
        rank=1,
    ),
    decoded_per_second=Meaning(
        "Speed of decompressing",
        "Observations that were read and restored per second.",
        PER_SECOND,
        "higher",
        rank=1,
    ),
)
def coding_speed(n: int, encoding: float | None = None, decoding: float | None = None) -> dict[str, float]:
    """Observations per second in each direction, if the seconds for `n` of them are known."""
    seconds = {"encoded_per_second": encoding, "decoded_per_second": decoding}
    return {name: n / took for name, took in seconds.items() if took is not None}


@measures(
    rows=ROWS,
    lost_rows=Meaning(
        "Lost", "Observations in damaged chunks, which could not be restored.", "rows", "lower", rank=3
    ),
)
def restored(rows: int, lost: int | None = None) -> dict[str, float]:
    """How many observations were restored; with salvage also how many were lost."""
    found: dict[str, float] = {"rows": rows}
    return found if lost is None else found | {"lost_rows": lost}


def beside_raw(ratio: float) -> str:
    """The size of an archive relative to the rows, in words; `ratio` is raw bytes over the archive's bytes."""
    return f"{ratio:.1f} times smaller than raw" if ratio >= 1 else f"{1 / ratio:.1f} times larger than raw"
