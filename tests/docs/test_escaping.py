"""Plain text stands on a page of the site as it is, without signs of its own."""

import html
import re

import pytest
from generated.escaping import escaped


@pytest.mark.parametrize(
    "text", [">= 0 and < 1", "'~a_b*c*'", "outputs/<name>/<time>", "# a | `b` [c] & \\d &lt;"]
)
def test_markdown_shows_the_text(text):
    markdown = pytest.importorskip("markdown", reason="the extra [docs] is not installed")
    shown = markdown.markdown(f"- {escaped(text)}", extensions=["tables"])
    assert html.unescape(re.sub("<[^>]*>", "", shown)).strip() == text


def test_a_backslash_is_before_no_sign_that_markdown_shows_it_with():
    assert escaped("x < 1, *y* & ~z") == r"x &lt; 1, \*y\* &amp; ~z"
