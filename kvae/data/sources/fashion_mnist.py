"""`data=fashion_mnist`: pieces of clothing in the layout of MNIST."""

from dataclasses import dataclass
from typing import ClassVar

from kvae.data.sources import mnist
from kvae.data.sources.mnist import read
from kvae.options.rules import Name

__all__ = ["Options", "read"]


@dataclass(frozen=True, kw_only=True)
class Options(mnist.Options):
    """The keys of `data=fashion_mnist`."""

    name: Name = "fashion_mnist"

    ONE_CLASS: ClassVar[str] = "experiment=one_class_mnist data=fashion_mnist"
