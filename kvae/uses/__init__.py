"""What a learnt VAE is good for, from Python."""

from kvae.uses.run import Run, open_run

__all__ = ["Run", "open_run"]
