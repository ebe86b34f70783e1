"""What a run says whose held-out loss was lowest early and has risen since."""

import math
from collections.abc import Sequence

import numpy as np

from kvae.schedules import Schedule, constant

# Rises of fewer nats, or of fewer times the usual change from one row to the next, are not worth a word.
NATS, CHANGES = 0.5, 5.0
FEWEST_ROWS = 10


def overfitting(rows: Sequence[dict[str, float]], itr: int, schedule: Schedule = constant) -> str | None:
    """What to say where the lowest `val_loss` lies in the first half of a history, far below the end; else None.

    The end is the median of the last tenth. Rows with another KL term than the last are left out: their losses
    cannot be compared.

    Args:
        rows: The loss history, with `iteration` and, if rows are held out, `val_loss` in nats per observation.
        itr: Iterations of the run.
        schedule: The KL schedule.
    """
    rows = [row for row in rows if schedule(row["iteration"], itr) == schedule(itr, itr)]
    losses = np.array([row.get("val_loss", math.nan) for row in rows])
    if len(rows) < FEWEST_ROWS or not np.isfinite(losses).all():
        return None
    best, end = int(losses.argmin()), float(np.median(losses[-max(1, len(losses) // 10) :]))
    change = float(np.median(np.abs(np.diff(losses[len(losses) // 2 :]))))
    if best >= len(losses) // 2 or end - losses[best] <= max(NATS, CHANGES * change):
        return None
    after = f"{rows[best]['iteration']:,.0f} iterations"
    return (
        f"the model overfits: val_loss was {losses[best]:,.2f} after {after}, and rose to {end:,.2f}. "
        f"Type train.patience={max(1, round(itr / 10))} to stop soon after that, with the best weights"
    )
