"""How many observations a mode processed, and how fast."""

from kvae.metrics.meaning import Meaning, measures

SECONDS, PER_SECOND = "s", "per second"
ROWS = Meaning("Rows", "Rows of the table, or observations that were restored from an archive.", rank=3)


@measures(n=Meaning("Generated", unit="observations"))
def generated(n: int) -> dict[str, float]:
    """How many observations were generated."""
    return {"n": n}


@measures(
    seconds=Meaning("Time", "Time of the mode's own work, with compilation.", SECONDS, "lower", rank=1),
    observations_per_second=Meaning("Speed", "Observations processed per second.", PER_SECOND, "higher", rank=1),
)
def speed(seconds: float, n: int | None = None) -> dict[str, float]:
    """The time of the mode's own work, and, if it processed `n` observations, how many per second."""
    return {"seconds": seconds} | ({} if n is None else {"observations_per_second": n / seconds})
