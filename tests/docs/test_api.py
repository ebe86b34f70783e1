"""The reference of the Python interface has what kvae exports, and what the pages name."""

import ast
import re

import pytest
from generated import api


@pytest.mark.parametrize("package", ["", "modules", "sklearn", "spark", "ray", "uses"])
def test_what_a_package_exports_has_a_place(package):
    names = {name.rpartition(".")[2] for _, _, names in api.PAGES.values() for name in names}
    source = (api.ROOT / "kvae" / package / "__init__.py").read_text(encoding="utf-8")
    exported = ast.literal_eval(re.search(r"^__all__ = (\[.*?\])", source, re.M | re.S)[1])
    assert set(exported) - names == set()


def test_folders_bring_what_users_name():
    found = api.pages()
    assert "::: kvae.likelihoods.negative_binomial.NegativeBinomial" in found["reference/api/likelihoods.md"]
    assert "::: kvae.schedules.growing_capacity" in found["reference/api/schedules.md"]
    assert "::: kvae.metrics.losses.bits_per_dim" in found["reference/api/metrics.md"]
    assert "::: kvae.runs.captions.shows" in found["reference/api/plots.md"]
