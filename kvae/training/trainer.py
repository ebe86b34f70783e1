"""How a VAE is trained and evaluated: Keras's `fit`, over blocks of compiled steps and over several devices."""

import itertools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kvae.callbacks import in_steps
from kvae.data.batches import Blocks, Plan, steps_at_once
from kvae.layers import Sampling
from kvae.networks.rowwise import rows_apart
from kvae.training import loops, replicas
from kvae.training.inputs import (
    as_arrays,
    bare,
    batches_of,
    blocks_of,
    checked_inputs,
    order_seed,
    split_off,
    unpack_batch,
)
from kvae.training.replicas import WHOLE, Batch, Part
from kvae.training.reported import Reported

Tensor = Any

ONE_DEVICE = tf.distribute.get_strategy()

# Held-out losses are estimated with the same noise at every iteration, so that they compare.
EVALUATION_SEED = 1_000_003


class Trainer(Reported):
    """What of `kvae.VAE` trains and evaluates.

    A model that is made in the scope of a strategy of `tf.distribute` trains on all of its devices. Keras loops
    and feeds as if there were one: every process gives the whole of every batch, and the step shares it out.
    """

    train_function: Callable | None
    steps_per_execution: int
    test_function: Callable | None
    sampling: Sampling
    evaluation_sampling: Sampling
    seed: int | None
    n_samples: int
    latent_dim: int

    def begin_training(self) -> None:
        """Take note of the strategy whose scope the model is made in, and keep Keras from sharing data out."""
        self.strategy = tf.distribute.get_strategy() if tf.distribute.has_strategy() else None
        self._distribute_strategy = None
        self._resident: dict[str, Tensor] | None = None  # while `fit` runs over blocks
        self._rest: int | None = None  # rows of their short batches
        self._functions: dict[str, Callable] = {}
        self._reports_loss = True  # in `compute_loss`; the step does, where that is a subclass's

    @property
    def work(self) -> int:
        """About how many floating-point operations a training step takes for one observation."""
        return self.n_samples * loops.training_work(self.encoder, self.decoder)

    @property
    def distribute_strategy(self) -> tf.distribute.Strategy:
        """Keras's own: that of one device, whatever `strategy` is."""
        return ONE_DEVICE

    def compile(
        self,
        optimizer: Any = "adam",
        *,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        **kwargs: Any,
    ) -> None:
        """Keras's `compile`, with XLA wherever it pays (`loops.xla_pays`) and not only on a GPU."""
        if jit_compile == "auto":
            jit_compile = not run_eagerly and loops.xla_pays(self.encoder, self.decoder)
        self._functions = {}
        super().compile(optimizer=optimizer, jit_compile=jit_compile, run_eagerly=run_eagerly, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """One step on a batch, or all steps of a block (`kvae.training.loops`)."""
        if loops.is_block(data):
            loops.run_block(self._train_on, data, self._rest)
        else:
            self._train_on(replicas.batch(*unpack_batch(data)))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, Tensor]:
        batch = replicas.batch(*unpack_batch(data))
        self._on_replicas(self._test_on_batch, batch, self.evaluation_sampling)
        return self.get_metrics_result()

    def _train_on(self, batch: Batch) -> None:
        if self.strategy is not None and not self.padding:
            replicas.check_rows(self.strategy, batch)
        self._on_replicas(self._train_on_batch, batch, self.sampling)

    def _on_replicas(self, function: Callable[..., None], batch: Batch, sampling: Any) -> None:
        """`function(inputs, sample_weight)` of a batch, or on every replica of its part of batch and noise."""
        if self.strategy is None:
            function(*batch.part(WHOLE))
            return
        eps = sampling.draw((self.n_samples, batch.size, self.latent_dim), bool(self.jit_compile))

        def with_noise(part: Part) -> tuple:
            inputs, sample_weight = batch.part(part)
            inputs = inputs if isinstance(inputs, dict) else {"x": inputs}
            return {**inputs, "eps": part.of(eps, axis=1)}, sample_weight

        replicas.run(self.strategy, function, with_noise)

    def _train_on_batch(self, inputs: Any, sample_weight: Tensor | None) -> None:
        with tf.GradientTape() as tape:
            loss = self._reported_loss(inputs, sample_weight)
            scaled_loss = self.optimizer.scale_loss(loss)
        weights = self.trainable_weights
        gradients = tape.gradient(scaled_loss, weights)
        if self.strategy is not None and replicas.clips(self.optimizer):
            gradients = replicas.clipped(self.optimizer, gradients)
        self.optimizer.apply(gradients, weights)

    def _test_on_batch(self, inputs: Any, sample_weight: Tensor | None) -> None:
        self._reported_loss(inputs, sample_weight, training=False)

    def _reported_loss(self, inputs: Any, sample_weight: Tensor | None, training: bool = True) -> Tensor:
        """The loss of a batch, reported as `loss` with whatever a subclass's `compute_loss` makes of ours."""
        if not self._has_own("compute_loss"):
            return self.compute_loss(inputs, sample_weight=sample_weight, training=training)
        self._reports_loss = False
        try:
            loss = self.compute_loss(inputs, None, None, sample_weight, training=training)
        finally:
            self._reports_loss = True
        x = inputs["x"] if isinstance(inputs, dict) else inputs
        n = tf.shape(x)[0] if sample_weight is None else tf.reduce_sum(sample_weight)
        self.loss_tracker.update_state(loss, sample_weight=n)
        return loss

    @property
    def _total(self) -> Callable[[Tensor], Tensor] | None:
        """How sums over a batch reach over all replicas; None for one device."""
        return None if self.strategy is None else replicas.total

    def _of_replica(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of one replica's tensors, compiled for itself: XLA takes no sums over replicas.

        Layers that may take such sums themselves, as synchronized batch normalization does, are not compiled.
        """
        if self.strategy is None or not self.jit_compile or not self.padding:
            return function
        return self._function(function.__name__, function, True)

    def _function(self, name: str, function: Callable[..., Any], jit_compile: bool) -> Callable[..., Any]:
        """`function` as a graph, kept until the next `compile`."""
        if name not in self._functions:
            # A batch is shared out by its length.
            self._functions[name] = loops.compiled(function, jit_compile, any_length=self.strategy is None)
        return self._functions[name]

    def make_train_function(self, force: bool = False) -> None:
        if self._resident is None and self.strategy is None:
            super().make_train_function(force)
            return
        if self.strategy is not None and not self.optimizer.built:  # no variables are made in a mirrored loop
            with self.strategy.scope():
                self.optimizer.build(self.trainable_variables)
        jit_compile = bool(self.jit_compile) and self.strategy is None
        train_step = self._function(f"train_step {self._rest}", self._train_on_device, jit_compile)
        self.train_function = self._several(lambda data: train_step(data, self._resident or {}))

    def _train_on_device(self, data: Any, resident: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.train_step({**data, **resident} if resident else data)

    def make_test_function(self, force: bool = False) -> None:
        if self.strategy is None:
            super().make_test_function(force)
            return
        test_step = self._function("test_step", self.test_step, False)
        self.test_function = self._several(test_step)

    def _several(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function that takes `steps_per_execution` steps, as long as its iterator gives batches."""

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
        """Keras's `fit` of an epoch per interval, with what every block needs kept on the device."""
        self._resident, self._rest, self.train_function = blocks.resident, blocks.rest, None
        asked = self.steps_per_execution
        self._take_at_once(1)  # a block is one step of Keras's
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
        """The epoch that `keras.callbacks.BackupAndRestore` lets a fit begin with; 0 without one."""
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
        """Arrays as the batches that evaluation takes them in; anything else as it is."""
        return bare(x) if self._has_own("test_step") else batches_of(x, batch_size, self.padding)

    def _has_own(self, *names: str) -> bool:
        """Whether a subclass brings methods of its own, which may expect of a batch what Keras's own do."""
        owners = (next(owner for owner in type(self).__mro__ if name in vars(owner)) for name in names)
        return not all(owner.__module__.startswith("kvae.") for owner in owners)

    @property
    def padding(self) -> bool:
        """Whether short batches may be filled up with rows of weight 0, which makes for one compilation."""
        own = self._has_own("compute_loss", "terms", "posterior", "decoded", "log_likelihood")
        return not own and rows_apart(self.encoder, self.decoder, training=True)
