"""What to type where one class alone is learnt, so that others are told from it."""

from kvae.options.schema import Config
from kvae.options.typed import shell


def advice(config: Config) -> str | None:
    """What to type in place of a config that learns one class under a Bernoulli likelihood; None of any other.

    That likelihood takes grey values for probabilities, and faint strokes for likely.
    """
    label = config.data.normal_label
    if label is None or config.model.likelihood != "bernoulli":
        return None
    return (
        "model.likelihood=bernoulli tells other classes from one badly. Better, beside your other keys:  "
        f"{config.data.ONE_CLASS} {shell(f'data.normal_label={label}')}"
    )
