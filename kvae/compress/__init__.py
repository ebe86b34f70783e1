"""What an archive of observations is: looked into without its model, without TensorFlow, without the coder."""

from kvae.compress.contents import Contents

__all__ = ["Contents"]
