"""The list of metrics: every name that a run can write to `metrics.json`, in the words of who measures it."""

from generated.escaping import escaped
from generated.places import code
from kvae.metrics.meaning import Meaning, of_columns, of_kvae

BETTER = {"lower": "smaller is better", "higher": "larger is better", "": ""}
# What a metric's first appearance in the glossary is called there, where that is not its own name.
IN_THE_GLOSSARY = {"mutual_information": "mutual_information-and-aggregate_kl",
                   "aggregate_kl": "mutual_information-and-aggregate_kl"}  # fmt: skip
EQUATIONS = ("reconstruction", "kl", "loss", "bits_per_dim", "nll", "effective_samples", "active_units")


def row(name: str, meaning: Meaning) -> str:
    """A metric as a row of a table."""
    unit = "as a share" if meaning.unit == "%" else meaning.unit
    anchor = IN_THE_GLOSSARY.get(name, name if name in EQUATIONS else "")
    equation = f" [Equation](../glossary.md#{anchor})." if anchor else ""
    words = escaped(f"{meaning.title}. {meaning.text}".strip()).replace(r"\`", "`")  # keys in them are code
    return f'| <span id="{name}"></span>{code(name)} | {words}{equation} | {unit} | {BETTER[meaning.better]} |'


def table(meanings: dict[str, Meaning], suffix: str = "") -> str:
    """Metrics as a table, by name."""
    rows = [row(name + suffix, meaning) for name, meaning in sorted(meanings.items())]
    return "\n".join(["| name | what it is | unit | |", "|---|---|---|---|", *rows])


def pages() -> dict[str, str]:
    """The page, by its place on the site."""
    text = [
        "# Metrics",
        "Names in `metrics.json`, in `sweep.csv`, and as `objective=NAME` of a sweep. `val_NAME` is the same of "
        "held-out rows, `NAME_round1` that after the first round of modules. Made from what the functions that "
        "measure declare.",
        table(dict(of_kvae())),
        "## Of single columns",
        "Of a table, for each column: `loss_age` is the loss of the column `age`.",
        table(dict(of_columns()), "_<column>"),
    ]
    return {"reference/metrics.md": "\n\n".join(text) + "\n"}
