"""Conditions on the columns of a table: parsing, their probability given a code, and draws that meet them."""

from kvae.uses.conditions.condition import Among, Condition, Equal, Gap, Within
from kvae.uses.conditions.parsing import conditions

__all__ = ["Among", "Condition", "Equal", "Gap", "Within", "conditions"]
