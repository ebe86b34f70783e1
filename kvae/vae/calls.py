"""Keras's own methods of a VAE: every keyword means what it does in Keras, or is refused with an error."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kvae.data.batches import Blocks
from kvae.data.frames import names_of
from kvae.options.arguments import check_count
from kvae.training import compiling
from kvae.vae.input_checks import ChecksInputs
from kvae.vae.keywords import (
    check_epochs,
    check_optional_counts,
    check_steps,
    check_validation,
    parts_of,
    refuse,
    refuse_class_weight,
    with_loss_scale,
)


class Calls(ChecksInputs):
    """Keras's own methods, which check their inputs before they call those of `kvae.training.fit`."""

    def compile(  # type: ignore[override]  # with all that Keras's has
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Keras's `compile`. A VAE has its own loss and metrics: `loss` and similar keywords are refused.

        Call it after a layer has changed, for example by `enable_lora`, as in Keras. Methods such as `encode` also
        notice by themselves when an attribute of a layer is set; `fit`, `evaluate` and `predict` do not.

        Raises:
            ValueError: For a keyword that a VAE does not support; the text says what to do instead.
        """
        refuse("loss", loss, "the loss is -ELBO: choose its reconstruction term by VAE(likelihood=...)")
        refuse("loss_weights", loss_weights, "weight the KL by VAE(KL_param=...)")
        for name, value in {"metrics": metrics, "weighted_metrics": weighted_metrics}.items():
            how = (
                "a VAE reports loss, reconstruction and kl: measure others on vae.reconstruct(x) or vae.encode(x)"
            )
            refuse(name, value, how)
        check_steps(type(self), self._has_own("train_step") and self._has_own("test_step"))
        check_count("steps_per_execution", steps_per_execution)
        if optimizer is None:
            raise ValueError("`optimizer` must be one of Keras, such as 'adam'. Received: optimizer=None")
        if auto_scale_loss and compiling.computes_in("float16", self.encoder, self.decoder):
            optimizer = with_loss_scale(optimizer)
        self.__dict__.pop("_inference_functions", None)  # `encode` and others are traced anew, as Keras does
        super().compile(
            optimizer,
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            auto_scale_loss=auto_scale_loss,
        )

    def fit(  # type: ignore[override]
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> keras.callbacks.History:
        """Keras's `fit`; see `kvae.training.fit.Trainer.fit` for how it trains.

        Observations are checked first: they must be finite and within the likelihood's support. Those of data
        sets, generators and `PyDataset`s are checked batch by batch.

        Args:
            x: Observations, in any form that `kvae.VAE` lists.
            y: None, or `x` itself, as autoencoders are fitted: a VAE learns from x alone.
            batch_size: As in Keras.
            epochs: Passes over the data.
            verbose: As in Keras.
            callbacks: As in Keras.
            validation_split: As in Keras.
            validation_data: Held-out observations, in any form that `x` may have, or `(x, None, sample_weight)`.
            shuffle: As in Keras.
            class_weight: Refused: a VAE has no classes.
            sample_weight: Weights >= 0 of the observations, `(n,)`.
            initial_epoch: As in Keras.
            steps_per_epoch: As in Keras; training then takes batch by batch, without blocks of steps.
            validation_steps: As in Keras.
            validation_batch_size: As in Keras.
            validation_freq: As in Keras.

        Raises:
            ValueError: For unsuitable data or keywords, and if the model is not compiled.
        """
        self._check_compiled("fit")
        refuse_class_weight(class_weight)
        counts = {
            "batch_size": batch_size,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_batch_size": validation_batch_size,
        }
        check_optional_counts(**counts)
        check_epochs(epochs=epochs, initial_epoch=initial_epoch)
        check_validation(x, validation_split, validation_freq)
        options = {"verbose": verbose, "callbacks": callbacks, "validation_freq": validation_freq}
        options |= {name: value for name, value in counts.items() if value is not None}
        options |= {"epochs": epochs, "initial_epoch": initial_epoch, "shuffle": shuffle}
        if isinstance(x, Blocks):
            return super().fit(x, validation_data=validation_data, **options)
        watch = self._watch()
        given = x
        x = self._inputs(watch, x, y, sample_weight)
        watch.learnt = self._note_columns(given)
        if validation_data is not None:
            validation_data = self._inputs(watch, *parts_of(validation_data), name="validation_data")
        with watch.words():
            return super().fit(x, validation_split=validation_split, validation_data=validation_data, **options)

    def evaluate(  # type: ignore[override]
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Keras's `evaluate`, with the same noise every time; its inputs are those of `fit`."""
        options: dict[str, Any] = {"batch_size": batch_size, "verbose": verbose, "steps": steps}
        options |= {"callbacks": callbacks, "return_dict": return_dict, **kwargs}
        if kwargs.get("_use_cached_eval_dataset"):  # within `fit`, which has checked the data
            return super().evaluate(x, y, sample_weight=sample_weight, **options)
        self._check_compiled("evaluate")
        check_optional_counts(batch_size=batch_size, steps=steps)
        watch = self._watch()
        x = self._inputs(watch, x, y, sample_weight)
        with watch.words():
            return super().evaluate(x, **options)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> dict[str, np.ndarray]:
        """Keras's `predict`: `z_mean`, `z_log_var` and `x_hat` of every observation, from the inputs of `fit`.

        Weights are checked and not used.
        """
        check_optional_counts(batch_size=batch_size, steps=steps)
        watch = self._watch()
        x = self._inputs(watch, x, None, None)
        with watch.words():
            return super().predict(x, batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks)

    def predict_step(self, data: Any) -> dict[str, np.ndarray]:
        """Keras's `predict_step`, which ignores weights, also where they are in a dictionary beside x."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        if isinstance(x, dict):
            x = {name: values for name, values in x.items() if name != "sample_weight"}
        return super().predict_step(x)

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Keras's `train_on_batch`: one step."""
        self._check_compiled("train_on_batch")
        refuse_class_weight(class_weight)
        given = x
        x = self._batch(x, y, sample_weight)
        self._note_columns(given)
        return super().train_on_batch(x, return_dict=return_dict)

    def _note_columns(self, x: Any) -> tuple[Any, ...] | None:
        """The names of the learnt columns: those of `x`, if it is the first table that is learnt."""
        self.columns = self.columns or names_of(x.get("x") if isinstance(x, Mapping) else x)
        return self.columns

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Keras's `test_on_batch`."""
        self._check_compiled("test_on_batch")
        return super().test_on_batch(self._batch(x, y, sample_weight), return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> dict[str, np.ndarray]:
        """Keras's `predict_on_batch`."""
        return super().predict_on_batch(self._batch(x, None, None))

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Keras's `save`, to a file whose name ends in `.keras`.

        Raises:
            ValueError: For HDF5: Keras can write such a model to it, but not read it again.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            stem = str(filepath).rpartition(".")[0].removesuffix(".weights")
            raise ValueError(
                f"HDF5 cannot hold a VAE: type vae.save('{stem}.keras'), or "
                f"vae.save_weights('{stem}.weights.h5'). Received: {filepath}"
            )
        super().save(filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Keras's `export`: from observations `x` `(batch, *data_shape)` to `z_mean`, `z_log_var` and `x_hat`."""
        if input_signature is None:
            shape = (None, *self.data_shape)
            input_signature = [keras.InputSpec(shape=shape, dtype=self.compute_dtype, name="x")]
        super().export(filepath, format, verbose, input_signature, **kwargs)
