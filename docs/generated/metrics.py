"""The list of metrics: every name that a run can write to `metrics.json`, with its declared meaning."""

from generated.escaping import escaped
from generated.places import code
from kvae.metrics.meaning import Meaning, of_columns, of_kvae

BETTER = {"lower": "smaller is better", "higher": "larger is better", "": ""}
# Headings of the glossary for metrics whose heading is not their own name.
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
    return "\n".join(["| name | meaning | unit | |", "|---|---|---|---|", *rows])


def pages() -> dict[str, str]:
    """The page, by its path on the site."""
    text = [
        "# Metrics",
        "What each number in `metrics.json` and `sweep.csv` means; a sweep can use each as `objective=NAME`. "
        "`val_NAME` is the same metric on the held-out rows, `NAME_round1` its value after the first round of "
        "modules. Made from the declarations of the functions that compute the metrics.",
        table(dict(of_kvae())),
        "## Metrics of table columns",
        "A table has these metrics for each column: `loss_age` is the loss of the column `age`.",
        table(dict(of_columns()), "_<column>"),
    ]
    return {"reference/metrics.md": "\n\n".join(text) + "\n"}
