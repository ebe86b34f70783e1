"""Keras's `fit` and `evaluate` over blocks of compiled steps."""

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from kvae.callbacks import in_steps
from kvae.data.batches import Blocks, Plan, steps_at_once
from kvae.training.by_rank import ByRank
from kvae.training.inputs import as_arrays, bare, batches_of, blocks_of, checked_inputs, order_seed, split_off
from kvae.training.steps import Steps

Tensor = Any

# Held-out losses are estimated with the same noise at every iteration, so that they compare.
EVALUATION_SEED = 1_000_003


class Trainer(Steps):
    """The part of `kvae.VAE` that fits and evaluates."""

    train_function: Callable | None
    steps_per_execution: int
    test_function: Callable | None
    predict_function: Callable | None
    seed: int | None

    def make_train_function(self, force: bool = False) -> None:
        if self._resident is not None or self.strategy is not None:
            jit_compile = bool(self.jit_compile) and self.strategy is None
            train_step = self._function(f"train_step {self._rest}", self._train_on_device, jit_compile)
            self.train_function = self._built(self._several(lambda data: train_step(data, self._resident or {})))
        elif self.train_function is None or force:
            self.train_function = self._built(self._by_rank("train_function", super().make_train_function))

    def _built(self, train: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function that builds the optimizer before the first step.

        In a step that creates variables TensorFlow traces twice, and a mirrored loop cannot create any. A subclass
        with a step of its own may have other variables in mind: there the step builds the optimizer.
        """

        def function(iterator: Any) -> Any:
            if not self.optimizer.built and (self.strategy is not None or not self._has_own("train_step")):
                with contextlib.nullcontext() if self.strategy is None else self.strategy.scope():
                    self.optimizer.build(self.trainable_variables)
            return train(iterator)

        return function

    def _train_on_device(self, data: Any, resident: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.train_step({**data, **resident} if resident else data)

    def make_test_function(self, force: bool = False) -> None:
        if self.strategy is not None:
            test_step = self._function("test_step", self.test_step, False)
            self.test_function = self._several(test_step)
        elif self.test_function is None or force:
            self.test_function = self._by_rank("test_function", super().make_test_function)

    def make_predict_function(self, force: bool = False) -> None:
        if self.predict_function is None or force:
            self.predict_function = self._by_rank("predict_function", super().make_predict_function)

    def _by_rank(self, name: str, make: Callable[..., Any]) -> ByRank:
        """Keras's function of this attribute, which `make` sets, with a graph for each rank of its inputs."""

        def made() -> Callable[..., Any]:
            kept = getattr(self, name)
            make(force=True)
            found = getattr(self, name)
            setattr(self, name, kept)
            return found

        return ByRank(made)

    def _several(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function that takes `steps_per_execution` steps, or fewer if its iterator ends."""

        def function(iterator: Any) -> Any:
            logs = step(next(iterator))
            for data in itertools.islice(iterator, self.steps_per_execution - 1):
                logs = step(data)
            return logs

        return function

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        *,
        sample_weight: Any = None,
        validation_data: Any = None,
        validation_split: float = 0.0,
        validation_batch_size: int | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        **kwargs: Any,
    ) -> Any:
        """Keras's `fit`. Arrays are trained on in blocks of at most `STEPS_PER_BLOCK` compiled steps.

        Callbacks and the progress bar then see batches as with Keras's `steps_per_execution`, which is the length
        of a block where `compile` was given it. Shuffles follow from `seed`. Data sets and generators go through
        Keras batch by batch, and so does everything when run eagerly, with `steps_per_epoch`, or by a
        `train_step` of a subclass. Held-out arrays are evaluated as `evaluate` does: `val_loss` is its loss.
        """
        options = {"epochs": epochs, "initial_epoch": initial_epoch, **kwargs}
        if isinstance(x, Blocks):
            return self._fit_blocks(x, validation_data=validation_data, **options)
        x = checked_inputs(x, y, sample_weight, self.latent_dim)
        arrays = as_arrays(x)
        if arrays is not None and validation_split and validation_data is None:
            arrays, validation_data = split_off(arrays, validation_split)
            x, validation_split = arrays, 0.0
        if validation_data is not None:
            options["validation_data"] = self._evaluated(validation_data, validation_batch_size)
        if arrays is None or self.run_eagerly or kwargs.get("steps_per_epoch") or self._has_own("train_step"):
            options |= {"batch_size": batch_size, "shuffle": shuffle, "validation_split": validation_split}
            return super().fit(bare(x), None, validation_batch_size=validation_batch_size, **options)
        n = len(arrays["x"])
        batch_size = min(batch_size or 32, n)
        seed = order_seed(self.seed, int(self.optimizer.iterations.numpy()))
        asked = self.steps_per_execution
        at_once = asked if asked > 1 else steps_at_once(arrays["x"], batch_size, self.work)
        plan = Plan(n, batch_size, epochs, 1, seed, initial_epoch, shuffle, at_once, even=asked == 1)
        options["callbacks"] = in_steps(self, plan, options.get("callbacks"), options.get("verbose", "auto"))
        return self._fit_blocks(blocks_of(arrays, plan, self.padding, self._restored_epoch), **options)

    def _fit_blocks(self, blocks: Blocks, **kwargs: Any) -> Any:
        """Keras's `fit` with an epoch per interval; data that every block needs stays on the device."""
        self._resident, self._rest, self.train_function = blocks.resident, blocks.rest, None
        asked = self.steps_per_execution
        self._take_at_once(1)  # to Keras a block is one step
        try:
            return super().fit(blocks.dataset, steps_per_epoch=blocks.per_interval, shuffle=False, **kwargs)
        finally:
            self._resident, self._rest, self.train_function = None, None, None
            self._take_at_once(asked)

    def _take_at_once(self, steps: int) -> None:
        """Set `steps_per_execution`, and forget the functions that were made for another one."""
        if steps != self.steps_per_execution:
            self.steps_per_execution, self.test_function, self.predict_function = steps, None, None

    def _restored_epoch(self) -> int:
        """The epoch at which `keras.callbacks.BackupAndRestore` resumes a fit; 0 without it."""
        return self._initial_epoch or 0

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        *args: Any,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Keras's `evaluate`, with the full objective and the same noise every time.

        `loss` is `reconstruction + KL_param * kl`, and what layers add (`regularization`), as in every Keras
        model. By default arrays are taken in batches of 1024, as is held-out data in `fit`: batches of another
        size draw other codes.
        """
        self.evaluation_sampling.reset(EVALUATION_SEED)
        x = checked_inputs(x, y, sample_weight, self.latent_dim)
        if not kwargs.get("steps"):
            x = self._evaluated(x, batch_size)
        return super().evaluate(x, None, batch_size, *args, **kwargs)

    def _evaluated(self, x: Any, batch_size: int | None) -> Any:
        """Arrays as batches for evaluation; anything else unchanged."""
        return bare(x) if self._has_own("test_step") else batches_of(x, batch_size, self.padding)
