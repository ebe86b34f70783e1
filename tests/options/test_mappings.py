import pytest

from kvae.options.mappings import repeated_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("{a: 1, a: 2}", "a"),
        ("{'a': 1, b: 2, \"a\": 3}", "a"),
        ("{a: {b: 1, b: 2}}", "b"),
        ("[{a: 1}, {b: 1, c: [{d: 1, d: 2}]}]", "d"),
        ("{a: 1, b: 2}", None),
        ("{a: {c: 1}, b: {c: 1}}", None),
        ("{a: 'a: 1, a: 2'}", None),
        ("[{a: 1}, {a: 2}]", None),
        ("{}", None),
        ("[a,a]", None),
        ("a:1,a:2", None),
        ("", None),
    ],
)
def test_a_key_that_a_mapping_names_twice(value, key):
    assert repeated_key(value) == key
