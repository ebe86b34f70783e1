"""How a VAE is trained and evaluated: Keras's `fit`, over blocks of compiled steps and over several devices."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kvae import fitting, loop, replicas
from kvae.data.pipeline import Blocks, steps_at_once
from kvae.fitting import checked_inputs, unpack_batch
from kvae.layers.sampling import Sampling
from kvae.plan import Plan
from kvae.replicas import WHOLE, Batch, Part

Tensor = Any

ONE_DEVICE = tf.distribute.get_strategy()

# Held-out losses are estimated with the same noise at every iteration, so that they compare.
EVALUATION_SEED = 1_000_003


class Trainer(keras.Model):
    """What of `kvae.VAE` trains and evaluates.

    A model that is made in the scope of a strategy of `tf.distribute` trains on all of its devices. Keras loops
    and feeds as if there were one: every process gives the whole of every batch, and the step shares it out.
    """

    train_function: Callable | None
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
        self._functions: dict[str, Callable] = {}

    @property
    def work(self) -> int:
        """About how many floating-point operations a training step takes for one observation."""
        return self.n_samples * loop.training_work(self.encoder, self.decoder)

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
        """Keras's `compile`, with XLA wherever it pays (`kvae.loop.xla_pays`) and not only on a GPU."""
        if jit_compile == "auto":
            jit_compile = not run_eagerly and loop.xla_pays(self.encoder, self.decoder)
        self._functions = {}
        super().compile(optimizer=optimizer, jit_compile=jit_compile, run_eagerly=run_eagerly, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """One step on a batch, or all steps of a block (`kvae.loop`)."""
        if loop.is_block(data):
            loop.run_block(self._train_on, data)
        else:
            self._train_on(replicas.batch(*unpack_batch(data)))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, Tensor]:
        batch = replicas.batch(*unpack_batch(data))
        self._on_replicas(self._test_on_batch, batch, self.evaluation_sampling)
        return self.get_metrics_result()

    def _train_on(self, batch: Batch) -> None:
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
            loss = self.compute_loss(inputs, sample_weight=sample_weight)
            scaled_loss = self.optimizer.scale_loss(loss)
        weights = self.trainable_weights
        gradients = tape.gradient(scaled_loss, weights)
        if self.strategy is not None and replicas.clips(self.optimizer):
            gradients = replicas.clipped(self.optimizer, gradients)
        self.optimizer.apply(gradients, weights)

    def _test_on_batch(self, inputs: Any, sample_weight: Tensor | None) -> None:
        self.compute_loss(inputs, sample_weight=sample_weight, training=False)

    @property
    def _total(self) -> Callable[[Tensor], Tensor] | None:
        """How sums over a batch reach over all replicas; None for one device."""
        return None if self.strategy is None else replicas.total

    def _of_replica(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of one replica's tensors, compiled for itself: XLA takes no sums over replicas."""
        if self.strategy is None or not self.jit_compile:
            return function
        return self._function(function.__name__, function, True)

    def _function(self, name: str, function: Callable[..., Any], jit_compile: bool) -> Callable[..., Any]:
        """`function` as a graph, kept until the next `compile`."""
        if name not in self._functions:
            # A batch is shared out by its length.
            self._functions[name] = loop.compiled(function, jit_compile, any_length=self.strategy is None)
        return self._functions[name]

    def make_train_function(self, force: bool = False) -> None:
        if self._resident is None and self.strategy is None:
            super().make_train_function(force)
            return
        if self.strategy is not None and not self.optimizer.built:  # no variables are made in a mirrored loop
            with self.strategy.scope():
                self.optimizer.build(self.trainable_variables)
        jit_compile = bool(self.jit_compile) and self.strategy is None
        train_step = self._function("train_step", self._train_on_device, jit_compile)
        self.train_function = lambda iterator: train_step(next(iterator), self._resident or {})

    def _train_on_device(self, data: Any, resident: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.train_step({**data, **resident} if resident else data)

    def make_test_function(self, force: bool = False) -> None:
        if self.strategy is None:
            super().make_test_function(force)
            return
        test_step = self._function("test_step", self.test_step, False)
        self.test_function = lambda iterator: test_step(next(iterator))

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
        shuffle: bool = True,
        initial_epoch: int = 0,
        **kwargs: Any,
    ) -> Any:
        """Keras's `fit`. Arrays are trained on in blocks of at most `kvae.plan.STEPS_PER_BLOCK` compiled steps.

        A block is what callbacks and the progress bar then see as a batch. Shuffles follow from `seed`. Data
        sets and generators go through Keras batch by batch, and so does everything when run eagerly or with
        `steps_per_epoch`.
        """
        if isinstance(x, Blocks):
            options = {"epochs": epochs, "initial_epoch": initial_epoch, "validation_data": validation_data}
            return self._fit_blocks(x, **options, **kwargs)
        x = checked_inputs(x, y, sample_weight, self.latent_dim)
        arrays = None if self.run_eagerly or kwargs.get("steps_per_epoch") else fitting.as_arrays(x)
        if arrays is None:
            sizes = {"batch_size": batch_size, "epochs": epochs, "initial_epoch": initial_epoch}
            held_out = {"validation_data": validation_data, "validation_split": validation_split}
            return super().fit(x, None, shuffle=shuffle, **sizes, **held_out, **kwargs)
        if validation_split and validation_data is None:
            arrays, validation_data = fitting.split_off(arrays, validation_split)
        n = len(arrays["x"])
        batch_size = min(batch_size or 32, n)
        seed = fitting.order_seed(self.seed, int(self.optimizer.iterations.numpy()))
        at_once = steps_at_once(arrays["x"], batch_size, self.work)
        plan = Plan(n, batch_size, epochs, 1, seed, initial_epoch, shuffle, at_once)
        if validation_data is not None:
            validation_data = fitting.batches_of(
                validation_data, kwargs.pop("validation_batch_size", None) or 1024
            )
        return self._fit_blocks(
            fitting.blocks_of(arrays, plan),
            epochs=epochs,
            initial_epoch=initial_epoch,
            validation_data=validation_data,
            **kwargs,
        )

    def _fit_blocks(self, blocks: Blocks, **kwargs: Any) -> Any:
        """Keras's `fit` of an epoch per interval, with what every block needs kept on the device."""
        self._resident, self.train_function = blocks.resident, None
        try:
            return super().fit(blocks.dataset, steps_per_epoch=blocks.per_interval, shuffle=False, **kwargs)
        finally:
            self._resident, self.train_function = None, None

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        self.evaluation_sampling.reset(EVALUATION_SEED)
        x = checked_inputs(x, y, sample_weight, self.latent_dim)
        return super().evaluate(x, None, *args, **kwargs)
