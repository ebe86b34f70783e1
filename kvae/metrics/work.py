"""How much a mode did, and how fast."""

from kvae.metrics.meaning import Meaning, measures

SECONDS, PER_SECOND = "s", "per second"


@measures(n=Meaning("Generated", unit="observations"))
def generated(n: int) -> dict[str, float]:
    """How many observations were generated."""
    return {"n": n}


@measures(
    seconds=Meaning("Time", "Of the mode's own work, compilation included.", SECONDS, "lower", rank=1),
    observations_per_second=Meaning("Speed", "Observations worked on in a second.", PER_SECOND, "higher", rank=1),
)
def speed(seconds: float, n: int | None = None) -> dict[str, float]:
    """How long the mode's own work took, and where it was on `n` observations, how many it came to in a second."""
    return {"seconds": seconds} | ({} if n is None else {"observations_per_second": n / seconds})
