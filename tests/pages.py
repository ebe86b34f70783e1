"""A page in HTML, as a parser sees it, for tests."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}
LOADS = {"src", "href", "srcset", "data", "poster", "action", "background", "formaction"}


class Page(HTMLParser):
    """A page as a parser sees it; complains of what is not nested well."""

    def __init__(self, path):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]
