"""Experts as a module: it joins VAEs of several modalities, which exchange messages."""

from kvae.modules.experts.experts import Experts

__all__ = ["Experts"]
