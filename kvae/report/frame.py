"""The frame of every page: head, content security policy, sections with links, style and script."""

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
        html: Its content; a section without content is left out.
        own: Attributes of the section and of the link to it, such as ` hidden` for what needs a script.
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
        title, header: The title of the window and the part above the sections, in HTML.
        sections: The sections in order; empty ones are left out.
        made_of: The files from which the page was made, in words, for the footer.
        style: The style that is added to that of all pages.
        script: The script of the page; empty for none.
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
