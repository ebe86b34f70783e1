"""Lines as rows of fields, and the separator between fields."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kvae.data.text.numbers import is_number

SEPARATORS = (",", ";", "\t", "|", " ")
# These signs are seldom anything but separators, unlike commas and spaces.
SURE = (";", "\t", "|")

# A row of fields, and the number of its line in the file, from 1.
Row = tuple[list[str], int]


def read_rows(lines: Iterable[str], separator: str, strict: bool = False) -> Iterator[Row]:
    """Rows of stripped fields, each with the line that it begins in; blank lines are left out.

    Raises:
        ValueError: If `strict`, for a quoted field that does not end.
    """
    if separator == " ":  # runs of spaces and tabs
        lines = (f"{' '.join(line.split())}\n" for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t", strict=strict)
    begins = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"the quotes of a field in line {begins} do not end where the field does") from error
        if fields and (len(fields) > 1 or fields[0].strip()):
            yield [one.strip() for one in fields], begins
        begins = reader.line_num + 1


def find_separator(lines: Sequence[str], usual: str) -> str:
    """The separator that splits most lines into the same number of fields, and into most numbers.

    `usual` wins a tie. A separator that is the only one to split all lines, header included, into the same number
    of fields wins without regard to numbers: in a table of text, spaces may give more numbers than commas.
    """
    found, alone = {}, []
    for separator in SEPARATORS:
        try:
            rows = [fields for fields, _ in read_rows(lines, separator) if not fields[0].startswith("#")]
        except ValueError:
            continue
        counts = Counter(map(len, rows))
        if not counts or counts.most_common(1)[0][0] < 2:
            continue
        width, alike = counts.most_common(1)[0]
        fields = [one for row in rows[1:] if len(row) == width for one in row]
        numbers = sum(map(is_number, fields)) / max(len(fields), 1)
        alone += [separator] if alike == len(rows) > 1 else []
        found[separator] = (alike >= 0.9 * len(rows), round(numbers, 2), separator == usual, alike / len(rows))
    if len(alone) == 1 and alone[0] in (usual, *SURE):
        return alone[0]
    return max(found, key=lambda separator: found[separator], default=usual)
