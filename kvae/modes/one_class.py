"""What to type where one class alone is learnt, so that others are told from it."""

from kvae.options.schema import Config
from kvae.options.typed import shell

# What was measured to tell classes apart (docs/results.md), by the name of the data.
BETTER = {
    "digits": "experiment=one_class",
    "mnist": "experiment=one_class_mnist",
    "fashion_mnist": "experiment=one_class_mnist data=fashion_mnist",
    "images": "model.likelihood=gaussian_learnt",
    "file": "data.scale=standard model.likelihood=gaussian_learnt",
}


def advice(config: Config) -> str | None:
    """What to type in place of a config that learns one class under a Bernoulli likelihood; None of any other.

    That likelihood takes grey values for probabilities, and faint strokes for likely.
    """
    label = config.data.normal_label
    if label is None or config.model.likelihood != "bernoulli":
        return None
    return (
        "model.likelihood=bernoulli tells other classes from one badly. Better, beside your other keys:  "
        f"{BETTER[config.data.name]} {shell(f'data.normal_label={label}')}"
    )
