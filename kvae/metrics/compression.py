"""How small an archive is, beside what the bound promises and what others make of the same data."""

import math
from collections.abc import Mapping

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.work import PER_SECOND


@measures(
    bits_per_dim_gross=Meaning(
        "Bits per dimension, gross",
        "Every byte of the archive: header, start bits and all.",
        "bits",
        "lower",
        rank=3,
    ),
    bits_per_dim_net=Meaning(
        "Bits per dimension, net",
        "What the observations themselves took: without header, start bits, messages and checksums.",
        "bits",
        "lower",
        rank=2,
    ),
    gap=Meaning(
        "Gap to the bound",
        "How much more the archive is than the negative evidence lower bound promises.",
        "%",
        "lower",
        rank=2,
    ),
    bytes=Meaning("Archive", "Its size.", "bytes", "lower", rank=1),
    beside_bytes=Meaning(
        "Beside",
        "What of the archive holds all that the model does not read: other columns, names of files.",
        "bytes",
    ),
    raw_bytes=Meaning("Raw", "The observations in the type that they come in.", "bytes"),
    ratio=Meaning("Ratio", "How many times smaller than raw the archive is.", "", "higher", rank=2),
)
def sizes(
    n: int, dims: int, n_bytes: int, raw_bytes: int, net_bits: float, promise: float, beside_bytes: int = 0
) -> dict[str, float]:
    """Sizes of an archive of `n` observations of `dims` values.

    Args:
        n, dims: Both at least 1.
        n_bytes: Of the file.
        raw_bytes: Of the observations in the data's own type.
        net_bits: What they took within the file.
        promise: The negative evidence lower bound in bits per dimension.
        beside_bytes: What of the file stands beside the code; measured where there is any.
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
    """What another compressor's size means."""
    return Meaning(title, f"The same values by {how}, in the form that suits it best.", "bits", "lower")


@measures(
    gzip_bits_per_dim=of_others("gzip", "gzip -9"),
    bz2_bits_per_dim=of_others("bz2", "bzip2 -9"),
    xz_bits_per_dim=of_others("xz", "xz -9e"),
    zstd_bits_per_dim=of_others("zstd", "zstd --ultra -22"),
    png_bits_per_dim=of_others("PNG", "PNG"),
    webp_bits_per_dim=of_others("WebP", "lossless WebP"),
)
def others_metrics(bits_per_dim: Mapping[str, float]) -> dict[str, float]:
    """What others need of the same data, in bits per dimension, by the name of each."""
    return {f"{name}_bits_per_dim": bits for name, bits in bits_per_dim.items()}


@measures(
    encoded_per_second=Meaning(
        "Speed of compressing",
        "Observations that were coded and written in a second.",
        PER_SECOND,
        "higher",
        rank=1,
    ),
    decoded_per_second=Meaning(
        "Speed of decompressing",
        "Observations that were read and restored in a second.",
        PER_SECOND,
        "higher",
        rank=1,
    ),
)
def coding_speed(n: int, encoding: float | None = None, decoding: float | None = None) -> dict[str, float]:
    """Observations in a second both ways, as far as the seconds for `n` of them are known."""
    seconds = {"encoded_per_second": encoding, "decoded_per_second": decoding}
    return {name: n / took for name, took in seconds.items() if took is not None}


@measures(
    rows=Meaning("Restored", "Observations that were restored.", "rows", "higher"),
    lost_rows=Meaning(
        "Lost", "Observations in damaged chunks, which could not be restored.", "rows", "lower", rank=3
    ),
)
def restored(rows: int, lost: int | None = None) -> dict[str, float]:
    """How many observations were restored; with salvage also how many were lost."""
    found: dict[str, float] = {"rows": rows}
    return found if lost is None else found | {"lost_rows": lost}


def beside_raw(ratio: float) -> str:
    """How the size of an archive compares with that of the rows, in words; `ratio` is raw bytes over its own."""
    return f"{ratio:.1f} times smaller than raw" if ratio >= 1 else f"{1 / ratio:.1f} times larger than raw"
