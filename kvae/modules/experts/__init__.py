"""Experts: VAEs of several modalities that tell each other what they see, as a module."""

from kvae.modules.experts.experts import Experts

__all__ = ["Experts"]
