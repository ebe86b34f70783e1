"""Conditions on the columns of a table: what is asked, how probable it is at a code, and draws that keep it."""

from kvae.uses.conditions.condition import Among, Condition, Equal, Gap, Within
from kvae.uses.conditions.parsing import conditions

__all__ = ["Among", "Condition", "Equal", "Gap", "Within", "conditions"]
