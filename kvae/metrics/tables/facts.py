"""Facts about a table before it is learnt."""

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.work import ROWS


@measures(
    rows=ROWS,
    columns=Meaning("Columns", "Columns of the table.", rank=3),
    learnt_columns=Meaning("Learnt columns", "Columns that a model would learn; the others are left out.", rank=3),
    missing_share=Meaning("Missing values", "Share of the cells of learnt columns without a value.", "%", rank=3),
    complete_share=Meaning("Complete rows", "Share of the rows without a gap in a learnt column.", "%", rank=2),
    warnings=Meaning("Warnings", "Things that the table's owner should know.", rank=3),
)
def table_facts(
    rows: int, columns: int, learnt: int, missing: int, complete: int, warnings: int
) -> dict[str, float]:
    """The table in figures: `missing` cells of `learnt` columns, `complete` rows."""
    found: dict[str, float] = {"rows": rows, "columns": columns, "learnt_columns": learnt}
    if rows and learnt:
        found |= {"missing_share": missing / (rows * learnt), "complete_share": complete / rows}
    return found | {"warnings": warnings}
