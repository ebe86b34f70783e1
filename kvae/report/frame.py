"""What every page has: its head with a policy, headings with links to them, its style and its script."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from kvae.report.policy import policy
from kvae.report.resources import resource


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes:
        name: Its id.
        title: Its heading.
        html: What stands below; a section without any is left out.
        own: Attributes of it and of the link to it, such as ` hidden`: what a script alone makes use of.
    """

    name: str
    title: str
    html: str
    own: str = ""


def framed(
    title: str, header: str, sections: Sequence[Section], made_of: str, style: str = "", script: str = ""
) -> str:
    """A page in HTML.

    Args:
        title, header: In HTML: of the window, and above the sections.
        sections: Those with content are shown, in this order.
        made_of: From which files it was made, in words.
        style: Added to the style that all pages have.
        script: What runs in the page; empty for nothing.
    """
    there = [section for section in sections if section.html]
    links = "".join(f'<li{one.own}><a href="#{one.name}">{one.title}</a></li>' for one in there)
    main = "".join(
        f'<section id="{one.name}" aria-labelledby="{one.name}-title"{one.own}>'
        f'<h2 id="{one.name}-title">{one.title}</h2>{one.html}</section>\n'
        for one in there
    )
    nav = f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n' if len(there) > 1 else ""
    style = resource("page.css") + style
    return Template(resource("page.html")).substitute(
        title=title,
        policy=policy(style, script),
        style=style,
        script=f"<script>{script}</script>\n" if script else "",
        header=header,
        nav=nav,
        main=main,
        made_of=made_of,
    )
