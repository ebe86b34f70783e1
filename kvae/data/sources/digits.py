"""`data=digits`: the 1,797 handwritten digits of scikit-learn, 8 x 8, in [0, 1]."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from kvae.data.options import SplitConfig
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.data.tables import Raw
from kvae.options.rules import Name


@dataclass(frozen=True, kw_only=True)
class Options(SplitConfig):
    """The keys of `data=digits`."""

    name: Name = "digits"

    INK: ClassVar[bool] = True
    IN_UNIT_RANGE: ClassVar[bool] = True
    ONE_CLASS: ClassVar[str] = "experiment=one_class"


def read(config: Options, known: Any = None) -> Raw:
    """The images `(1797, 8, 8)` and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    came = AsCame(lambda: as_arrays(digits.images), range(len(digits.images)), unit=16.0)
    return Raw((digits.images / 16.0).astype(np.float32), digits.target, came=came)
