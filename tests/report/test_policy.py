"""The content security policy of pages."""

import pytest

from kvae.report.policy import policy

# echo -n 'a' | openssl dgst -sha256 -binary | base64
OF_A = "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="


def test_a_style_and_a_script_are_named_by_their_hashes_and_nothing_else_is_allowed():
    assert policy("a").split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src 'sha256-{OF_A}'"]
    assert "script-src" not in policy("a")
    assert f"script-src 'sha256-{OF_A}'" in policy("b", "a")
    assert "unsafe" not in policy("a", "b")


@pytest.mark.parametrize(
    ("style", "script"), [("</STYLE>", ""), ("", "'</script>'"), ("a\r\n", ""), ("", "x <!-- y")]
)
def test_text_that_would_end_its_element_is_refused(style, script):
    with pytest.raises(ValueError, match="must hold no"):
        policy(style, script)
