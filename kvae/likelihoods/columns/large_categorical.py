"""One of very many categories: first a group of slots, then a slot within it, by learnt embeddings."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant
from kvae.likelihoods.columns.categories import OfCategories, most_probable
from kvae.table import Column
from kvae.table.rare import Slots

# The length of the vector, a row's taste, from which the logits of its categories are computed.
TASTE = 16


class LargeCategorical(OfCategories):
    """A two-level softmax (Goodman 2001; Morin and Bengio 2005): log p(x) = log p(group) + log p(x | group).

    The decoder gives a row's taste h, a vector; a group's logit is h . u_g + b_g, a member's h . v_x + c_x.
    Members are slots: every category has one, but all rare ones together (`kvae.table.rare`), equally probable.
    Groups are about sqrt(n) consecutive slots: a row costs about 2 / sqrt(n) of what a softmax over all n costs.
    """

    n_params = TASTE

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.slots = Slots.of_column(self.columns[0])
        self.n = self.slots.n
        self.members = math.ceil(math.sqrt(self.n))
        self.groups = math.ceil(self.n / self.members)
        shares = np.zeros((self.groups, self.members))
        shares.flat[: self.n] = np.bincount(self.slots.of, self.shares()[0])
        self.log_size = np.zeros(shares.shape)
        self.log_size.flat[: self.n] = np.log(self.slots.size)
        near_0 = keras.initializers.RandomNormal(stddev=0.05, seed=self.n)
        begin = keras.initializers.Constant(np.log(shares.sum(axis=1)))
        within = keras.initializers.Constant(np.log(np.where(shares > 0, self.n * shares, 1.0)))
        self.u = self.add_weight(name="u", shape=(self.groups, TASTE), initializer=near_0)
        self.b = self.add_weight(name="b", shape=(self.groups,), initializer=begin)
        self.v = self.add_weight(name="v", shape=(self.groups, self.members * TASTE), initializer=near_0)
        self.c = self.add_weight(name="c", shape=(self.groups, self.members), initializer=within)

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        return column.name

    @property
    def width(self) -> int:
        return self.count(self.columns[0])

    @property
    def held(self) -> int:
        return self.members * TASTE  # the members of a row's group

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """The taste, `(..., 1, TASTE)`."""
        return (params,)

    def log_groups(self, taste: Tensor) -> Tensor:
        """Log-probabilities of groups, `(..., groups)`, of a taste `(..., TASTE)`."""
        u, b = ops.cast(self.u, taste.dtype), ops.cast(self.b, taste.dtype)
        return ops.log_softmax(ops.matmul(taste, ops.transpose(u)) + b, axis=-1)

    def log_members(self, taste: Tensor, group: Tensor) -> Tensor:
        """Log-probabilities of the members of a group for each row, `(..., members)`."""
        v = ops.cast(ops.take(self.v, group, axis=0), taste.dtype)
        v = ops.reshape(v, (*ops.shape(group), self.members, TASTE))
        logits = ops.squeeze(ops.matmul(v, taste[..., None]), -1)
        logits = logits + ops.cast(ops.take(self.c, group, axis=0), taste.dtype)
        number = group[..., None] * self.members + ops.arange(self.members, dtype=group.dtype)
        return ops.log_softmax(ops.where(number < self.n, logits, -1e4), axis=-1)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        taste = parameters[0]
        slot = self.slot_of(ops.cast(ops.round(x), "int32"))
        group, member = slot // self.members, slot % self.members
        groups = ops.one_hot(group, self.groups, dtype=taste.dtype)
        members = ops.one_hot(member, self.members, dtype=taste.dtype)
        log_group = ops.sum(groups * self.log_groups(taste), axis=-1)
        log_p = log_group + ops.sum(members * self.log_members(taste, group), axis=-1)
        return log_p if self.slots.plain else log_p - ops.take(constant(self.log_size.ravel(), taste), slot)

    def slot_of(self, number: Tensor) -> Tensor:
        """The slots of categories, integers of any shape."""
        return number if self.slots.plain else ops.take(ops.convert_to_tensor(self.slots.of, "int32"), number)

    def log_probabilities(self, *parameters: Tensor) -> Tensor:
        """Log-probabilities of all categories, `(..., 1, K)`: many numbers, so pass few rows at once."""
        taste = parameters[0]
        v = ops.reshape(ops.cast(self.v, taste.dtype), (-1, TASTE))
        logits = ops.matmul(taste, ops.transpose(v)) + ops.reshape(ops.cast(self.c, taste.dtype), (-1,))
        shape = ops.shape(taste)[:-1]
        there = ops.arange(self.groups * self.members) < self.n
        logits = ops.reshape(ops.where(there, logits, -1e4), (*shape, self.groups, self.members))
        log_p = self.log_groups(taste)[..., None] + ops.log_softmax(logits, axis=-1)
        log_p = ops.reshape(log_p - constant(self.log_size, taste), (*shape, -1))[..., : self.n]
        return log_p if self.slots.plain else ops.take(log_p, self.slots.of, axis=-1)

    def mean(self, *parameters: Tensor) -> Tensor:
        """The most probable category: the best of the most probable of every group, group by group."""
        taste = parameters[0]
        log_groups = self.log_groups(taste)

        def better(g: Tensor, best: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            log_p = self.log_one_group(taste, g) - ops.take(constant(self.log_size, taste), g, axis=0)
            own = ops.max(log_p, axis=-1) + ops.take(log_groups, g, axis=-1)
            number = ops.cast(g * self.members, taste.dtype) + most_probable(log_p)
            more = own > best[0]
            return ops.where(more, own, best[0]), ops.where(more, number, best[1])

        start = (ops.full_like(taste[..., 0], -1e30), ops.zeros_like(taste[..., 0]))
        best = ops.fori_loop(0, self.groups, better, start)[1]
        return best if self.slots.plain else ops.take(constant(self.slots.first, taste), ops.cast(best, "int32"))

    def log_one_group(self, taste: Tensor, g: Tensor) -> Tensor:
        """Log-probabilities of the members of one group, the same for all rows."""
        v = ops.reshape(ops.cast(ops.take(self.v, g, axis=0), taste.dtype), (self.members, TASTE))
        logits = ops.matmul(taste, ops.transpose(v)) + ops.cast(ops.take(self.c, g, axis=0), taste.dtype)
        number = g * self.members + ops.arange(self.members, dtype="int32")
        return ops.log_softmax(ops.where(number < self.n, logits, -1e4), axis=-1)

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        taste = parameters[0]
        log_groups = ops.convert_to_numpy(self.log_groups(ops.convert_to_tensor(taste)))
        group = np.argmax(log_groups + rng.gumbel(size=log_groups.shape), axis=-1).astype(np.int32)
        log_members = ops.convert_to_numpy(
            self.log_members(ops.convert_to_tensor(taste), ops.convert_to_tensor(group))
        )
        member = np.argmax(log_members + rng.gumbel(size=log_members.shape), axis=-1)
        slot = group * self.members + member
        if self.slots.plain:
            return slot
        any_rare = rng.choice(self.slots.rare, slot.shape)
        return np.where(slot == self.n - 1, any_rare, self.slots.first[slot])

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        """P(X <= x): that of the slots of categories up to x, and a share of that of the rare ones."""
        taste = parameters[0]
        x = np.broadcast_to(np.floor(x), np.broadcast_shapes(x.shape, taste.shape[:-1]))
        taste = np.broadcast_to(taste, (*x.shape, TASTE))
        rare = self.slots.rare
        n_often = self.n - (len(rare) > 0)
        upto = self.up_to_slot(np.searchsorted(self.slots.first[:n_often], x, side="right") - 1, taste)
        if self.slots.plain:
            return upto
        p_rare = 1.0 - self.up_to_slot(np.full(x.shape, n_often - 1), taste)
        return np.minimum(upto + p_rare * np.searchsorted(rare, x, side="right") / len(rare), 1.0)

    def up_to_slot(self, slot: np.ndarray, taste: np.ndarray) -> np.ndarray:
        """The probability of slots up to `slot`: of the groups before its own, and of members of its own."""
        group, member = np.divmod(np.maximum(slot, 0).astype(np.int32), self.members)
        p_groups = np.exp(ops.convert_to_numpy(self.log_groups(ops.convert_to_tensor(taste))))
        log_members = self.log_members(ops.convert_to_tensor(taste), ops.convert_to_tensor(group))
        p_members = np.exp(ops.convert_to_numpy(log_members))
        before = np.where(np.arange(self.groups) < group[..., None], p_groups, 0.0).sum(axis=-1)
        within = np.where(np.arange(self.members) <= member[..., None], p_members, 0.0).sum(axis=-1)
        own = np.take_along_axis(p_groups, group[..., None], axis=-1)[..., 0]
        return np.where(slot < 0, 0.0, np.minimum(before + own * within, 1.0))
