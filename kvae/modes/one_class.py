"""What to type where one class alone is learnt, so that others are told from it."""

from kvae.likelihoods.lookup import class_of
from kvae.options.quoting import shell
from kvae.options.schema import Config


def advice(config: Config) -> str | None:
    """What to type in place of a config that learns one class under a likelihood that says it is bad at it."""
    label, name = config.data.normal_label, config.model.likelihood
    better = class_of(name).better_for_one_class if isinstance(name, str) else None
    if label is None or better is None:
        return None
    return (
        f"model.likelihood={name} tells other classes from one badly. Better, beside your other keys:  "
        f"{config.data.ONE_CLASS.format(better=better)} {shell(f'data.normal_label={label}')}"
    )
