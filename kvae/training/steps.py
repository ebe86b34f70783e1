"""The steps of training and evaluation: one batch, or a block of them, on one device or on several."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kvae.layers import Sampling
from kvae.networks.rowwise import rows_are_independent
from kvae.training import compiling, loops, replicas
from kvae.training.inputs import unpack_batch
from kvae.training.replicas import WHOLE, Batch, Part

Tensor = Any


@functools.cache
def one_device() -> tf.distribute.Strategy:
    """TensorFlow's default strategy, of one device; made when it is needed, because it starts a thread."""
    with tf.Graph().as_default():  # where no strategy has its scope
        return tf.distribute.get_strategy()


class Steps(keras.Model):
    """The part of `kvae.VAE` that takes steps, and the metrics that it reports.

    A model that is made in the scope of a strategy of `tf.distribute` trains on all of its devices. Keras loops
    and feeds as if there were one device: every process passes the whole of every batch, and the step splits it.

    Attributes:
        regularized: Whether a layer has added a loss; until then `regularization` is not reported.
    """

    regularization_tracker: keras.metrics.Metric
    regularized: bool
    sampling: Sampling
    evaluation_sampling: Sampling
    n_samples: int
    latent_dim: int

    def begin_training(self) -> None:
        """Store the strategy whose scope the model is made in, and stop Keras from distributing data itself."""
        self.strategy = tf.distribute.get_strategy() if tf.distribute.has_strategy() else None
        self._distribute_strategy = None
        self._resident: dict[str, Tensor] | None = None  # while `fit` runs over blocks
        self._rest: int | None = None  # rows of their short batches
        self._functions: dict[str, Callable] = {}
        self._reports_loss = True  # in `compute_loss`; if a subclass overrides it, the step does

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """`loss`, `reconstruction`, `kl`, `regularization` where layers add losses, and what layers measure."""
        return [metric for metric in self.tracked if self.regularized or metric is not self.regularization_tracker]

    @property
    def tracked(self) -> list[keras.metrics.Metric]:
        """`metrics`, always with `regularization`, so that their order is fixed."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]  # which is Keras's own

    @property
    def work(self) -> int:
        """About how many floating-point operations a training step takes for one observation."""
        return self.n_samples * compiling.training_work(self.encoder, self.decoder, self.likelihood)

    @property
    def distribute_strategy(self) -> tf.distribute.Strategy:
        """The strategy for Keras: that of one device, whatever `strategy` is."""
        return one_device()

    def compile(
        self,
        optimizer: Any = "adam",
        *,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        **kwargs: Any,
    ) -> None:
        """Keras's `compile`, with XLA wherever it pays (`compiling.xla_pays`) and not only on a GPU."""
        if jit_compile == "auto":
            jit_compile = not run_eagerly and compiling.xla_pays(self.encoder, self.decoder, self.likelihood)
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
        """`function(inputs, sample_weight)` of a batch, or on every replica with its part of batch and noise."""
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
        if isinstance(inputs, dict):  # such a model gets no padding, and its code may pass the inputs on
            inputs = {name: values for name, values in inputs.items() if name != "n"}
        self._reports_loss = False
        try:
            loss = self.compute_loss(inputs, None, None, sample_weight, training=training)
        finally:
            self._reports_loss = True
        x = inputs["x"] if isinstance(inputs, dict) else inputs
        n = tf.shape(x)[0] if sample_weight is None or training else tf.reduce_sum(sample_weight)
        self.loss_tracker.update_state(loss, sample_weight=n)
        return loss

    @property
    def _total(self) -> Callable[[Tensor], Tensor] | None:
        """The function that extends sums over a batch to all replicas; None for one device."""
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
            # With a strategy a batch is split by its length, which the graph must know.
            self._functions[name] = compiling.compiled(function, jit_compile, any_length=self.strategy is None)
        return self._functions[name]

    def _has_own(self, *names: str) -> bool:
        """Whether a subclass overrides one of these methods, and so may expect batches as Keras passes them."""
        owners = (next(owner for owner in type(self).__mro__ if name in vars(owner)) for name in names)
        return not all(owner.__module__.startswith("kvae.") for owner in owners)

    @property
    def padding(self) -> bool:
        """Whether short batches may be padded with rows of weight 0, so that one compilation suffices."""
        own = self._has_own("compute_loss", "terms", "posterior", "decoded", "log_likelihood")
        return not own and rows_are_independent(self.encoder, self.decoder, training=True)
