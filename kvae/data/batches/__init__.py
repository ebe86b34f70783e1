"""Batches: their order, blocks of them for training, batches for evaluation, and data sets of users."""

from kvae.data.batches.blocks import Blocks, training_blocks
from kvae.data.batches.evaluation import EVALUATION_BATCH, evaluation_batches
from kvae.data.batches.plan import STEPS_PER_BLOCK, Plan
from kvae.data.batches.sizes import is_streamed, steps_at_once

__all__ = [
    "EVALUATION_BATCH",
    "STEPS_PER_BLOCK",
    "Blocks",
    "Plan",
    "evaluation_batches",
    "is_streamed",
    "steps_at_once",
    "training_blocks",
]
