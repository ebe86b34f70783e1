"""The labels of a page's observations."""

from typing import Any

import numpy as np

from kvae.data.labels import has_label, label_names
from kvae.plots.text import in_order, plain


def labels_of(labels: np.ndarray | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Labels `(n,)` as indices into their names, -1 if missing; numeric ones also as numbers; empty for None."""
    if labels is None:
        return {}, {}
    there, names = has_label(labels), label_names(labels)
    different = [str(it) for it in in_order(names[there])]
    number = {name: i for i, name in enumerate(different)}
    codes = [number[name] if known else -1 for name, known in zip(names.tolist(), there, strict=True)]
    found = {"label": np.array(codes, np.int32)}
    if labels.dtype.kind in "iuf":
        found["label_value"] = np.where(there, labels, np.nan).astype(np.float32)
    return {"labels": [plain(name, 80) for name in different]}, found
