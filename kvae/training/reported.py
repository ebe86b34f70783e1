"""What a VAE reports of its training."""

import keras


class Reported(keras.Model):
    """The metrics of `kvae.VAE`.

    Attributes:
        regularized: Whether layers have been seen to add losses; until then `regularization` is not reported.
    """

    regularization_tracker: keras.metrics.Metric
    regularized: bool

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """`loss`, `reconstruction`, `kl`, `regularization` where layers add losses, and what layers measure."""
        return [metric for metric in self.tracked if self.regularized or metric is not self.regularization_tracker]

    @property
    def tracked(self) -> list[keras.metrics.Metric]:
        """`metrics`, with `regularization` in its place even before layers are seen to add losses."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]  # which is Keras's own
