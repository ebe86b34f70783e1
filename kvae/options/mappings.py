"""Mappings as they are typed, such as `{sex: female, age: ">60"}`: their entries, and keys that are repeated."""

CLOSING = {"{": "}", "[": "]"}


def split(text: str, sign: str, most: int = -1) -> list[str]:
    """Split a text at a character outside of quotes and brackets; at most `most` times, -1: no limit."""
    parts: list[str] = []
    start, depth, quote = 0, 0, ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and (text[:place].rstrip() or ",")[-1] in ",:[{":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == sign and depth == 0 and len(parts) != most:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def unquoted(text: str) -> str:
    """A text without the quotes around it."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def repeated_key(value: str) -> str | None:
    """A key that a mapping names twice, in a value as it is typed or within lists and mappings of it; else None.

    Hydra keeps the last of them.
    """
    value = value.strip()
    if CLOSING.get(value[:1]) != value[-1:]:
        return None
    keys, inner = [], [part for part in split(value[1:-1], ",") if part.strip()]
    for place, part in enumerate(inner):
        if value[0] == "{":
            key, *rest = split(part, ":", most=1)
            keys.append(unquoted(key.strip()))
            inner[place] = rest[0] if rest else ""
    repeated = next((key for key in keys if keys.count(key) > 1), None)
    return repeated or next(filter(None, map(repeated_key, inner)), None)
