"""`module: observation`: data at the bottom of a network."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from kvae.modules.nodes import NodeConfig
from kvae.options.rules import NULL, Rule, is_number, text

DEGREES = Rule("a number from -360 to 360", lambda v: is_number(v) and math.fabs(v) <= 360, "45")
CROP = Rule(
    "[top,left,height,width], four whole numbers, the last two of them >= 1",
    lambda v: (
        isinstance(v, list)
        and len(v) == 4
        and all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in v)
        and min(v[2:]) >= 1
    ),
    "[0,0,14,28]",
)


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `observation`: its own, and those of the group `data`.

    See `kvae.data.modality.Modality`.
    """

    rotate: Annotated[float, DEGREES] = 0.0
    crop: Annotated[list | None, CROP | NULL] = None
    mask: Annotated[str | None, text("heard") | NULL] = None
    index: Annotated[str | None, text("which") | NULL] = None

    SECTIONS: ClassVar[tuple[str, ...]] = ("data",)
