"""The contents of an archive of observations, read without its model, without TensorFlow and without the coder."""

from kvae.compress.contents import Contents

__all__ = ["Contents"]
