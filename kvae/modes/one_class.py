"""Advice on the likelihood where only one class is learnt, to detect the others."""

from kvae.likelihoods.lookup import class_of
from kvae.options.quoting import shell
from kvae.options.schema import Config


def advice(config: Config) -> str | None:
    """What to type instead, where a config learns one class with a likelihood that suits this badly; else None."""
    label, name = config.data.normal_label, config.model.likelihood
    better = class_of(name).better_for_one_class if isinstance(name, str) else None
    if label is None or better is None:
        return None
    return (
        f"model.likelihood={name} is bad at detecting other classes. Better, with your other keys:  "
        f"{config.data.ONE_CLASS.format(better=better)} {shell(f'data.normal_label={label}')}"
    )
