"""Rules for the arguments of networks, which are keys of the group `model`.

A file of networks imports Keras only in the functions that build them, so that keys are checked without Keras.
"""

from collections.abc import Sequence
from typing import Annotated

from kvae.options.rules import NULL, integer, list_of, number

WIDTH = integer(1, 100)

EncoderWidths = Annotated[int | Sequence[int], WIDTH | list_of(WIDTH, "[400,200]")]
DecoderWidths = Annotated[int | Sequence[int], WIDTH | list_of(WIDTH, "[200,400]")]
Filters = Annotated[Sequence[int], list_of(integer(1, 32), "[32,64]")]
WeightStddev = Annotated[float | None, number(0, 0.1, above=True) | NULL]
