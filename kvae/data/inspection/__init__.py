"""Inspect a table before it is learnt: figures and associations of its columns, and warnings about its data."""

from kvae.data.inspection.association import associations
from kvae.data.inspection.distributions import Bars, Histogram, bars, histogram
from kvae.data.inspection.gaps import GapPatterns, gap_patterns
from kvae.data.inspection.opening import look_at
from kvae.data.inspection.seen import ColumnSeen, TableSeen, columns_seen
from kvae.data.inspection.warnings import Notice, notices

__all__ = [
    "Bars",
    "ColumnSeen",
    "GapPatterns",
    "Histogram",
    "Notice",
    "TableSeen",
    "associations",
    "bars",
    "columns_seen",
    "gap_patterns",
    "histogram",
    "look_at",
    "notices",
]
