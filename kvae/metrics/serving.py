"""Metrics of networks that were exported for serving."""

from kvae.metrics.meaning import Meaning, measures


@measures(
    encoder_error=Meaning("Encoder's error", "Largest relative difference from the Keras model.", better="lower"),
    decoder_error=Meaning("Decoder's error", "Largest relative difference from the Keras model.", better="lower"),
    megabytes=Meaning("Size", "Size of encoder and decoder together.", "MB", "lower"),
)
def serving_metrics(encoder_error: float, decoder_error: float, n_bytes: int) -> dict[str, float]:
    """The errors of the exported networks relative to the largest value, and their size in megabytes."""
    return {"encoder_error": encoder_error, "decoder_error": decoder_error, "megabytes": n_bytes / 1e6}
