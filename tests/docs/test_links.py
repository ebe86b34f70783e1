"""Links of pages that are read in the repository and on the site."""

import pytest
from generated.links import for_the_site


@pytest.mark.parametrize(
    ("source", "link", "on_the_site"),
    [
        ("docs/guide.md", "[a](tables.md#it)", "[a](tables.md#it)"),
        ("docs/guide.md", "[a](../CONTRIBUTING.md#it)", "[a](contributing.md#it)"),
        ("docs/tutorials/table.md", "[a](../../README.md)", "[a](../index.md)"),
        ("docs/guide.md", "[`a`](../kvae/model.py)", "`a`"),
        ("CONTRIBUTING.md", "[a](docs/guide.md)", "[a](guide.md)"),
        ("CONTRIBUTING.md", "[a](docs/generated/links.py) [b](docs/tutorials)", "a b"),
        ("docs/guide.md", "![a](pictures/a.png)", "![a](pictures/a.png)"),
        ("docs/guide.md", "[a](https://example.org/x) [b](#it)", "[a](https://example.org/x) [b](#it)"),
    ],
)
def test_a_link_leads_to_the_same_page_on_the_site(source, link, on_the_site):
    assert for_the_site(link, source) == on_the_site


def test_a_list_below_a_heading_in_bold_gets_an_empty_line():
    assert for_the_site("**A thing**\n1. one\n2. two", "CONTRIBUTING.md") == "**A thing**\n\n1. one\n2. two"
