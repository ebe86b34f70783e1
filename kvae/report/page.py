"""The page of a report, put together from its parts."""

from string import Template

from kvae.data.columns import listed
from kvae.process.logs import duration
from kvae.report import details, explorer, results
from kvae.report.by_column import by_column
from kvae.report.clusters import clusters
from kvae.report.columns import columns
from kvae.report.facts import Facts
from kvae.report.pictures import Picture
from kvae.report.policy import policy
from kvae.report.resources import resource
from kvae.report.text import plural, shown
from kvae.runs import select

STATES = {
    "finished": ("✓", "finished"),
    "running": ("…", "still running"),
    "interrupted": ("◼", "not finished"),
}
# A picture of more pixels than this, or so much wider than high, has a row to itself: its text is small.
WIDE_PIXELS, WIDE_SHAPE = 1000, 2.3


def page(facts: Facts) -> str:
    """The whole page of a run."""
    sections = [
        ("results", "Results", results_of(facts)),
        ("explore", "Explore", explorer.section(facts.explored)),
        ("columns", "Columns", columns(facts) + by_column(facts)),
        ("clusters", "Clusters", clusters(facts)),
        ("curves", "Curves", pictures(facts, "curves")),
        ("pictures", "Pictures", pictures(facts, "pictures")),
        ("config", "Configuration", details.config(facts)),
        ("origin", "What ran", details.origin(facts)),
        ("files", "Files", details.files(facts) + details.log(facts)),
    ]
    sections = [section for section in sections if section[2]]
    # The explorer is hidden until its script is there: without scripts the page has no trace of it.
    own = {"explore": " hidden data-explore"}
    links = "".join(f'<li{own.get(name, "")}><a href="#{name}">{title}</a></li>' for name, title, _ in sections)
    main = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title"{own.get(name, "")}>'
        f'<h2 id="{name}-title">{title}</h2>{html}</section>\n'
        for name, title, html in sections
    )
    title = f"{shown(facts.name)} · {shown(facts.mode)}"
    style = resource("page.css") + explorer.style(facts.explored) + least_widths(facts)
    script = explorer.script(facts.explored)
    return Template(resource("page.html")).substitute(
        title=title,
        policy=policy(style, script),
        style=style,
        script=f"<script>{script}</script>\n" if script else "",
        header=header(facts),
        links=links,
        main=main,
    )


def least_widths(facts: Facts) -> str:
    """How narrow wide pictures may get: a phone scrolls them, as pressed into it their text cannot be read."""
    widths = sorted({picture.width for picture in facts.pictures if is_wide(picture)})
    return "".join(f'figure.wide img[width="{width}"] {{ min-width: {width // 2}px; }}\n' for width in widths)


def is_wide(picture: Picture) -> bool:
    """Whether a picture has a row to itself."""
    return picture.width > min(WIDE_PIXELS, WIDE_SHAPE * picture.height)


def header(facts: Facts) -> str:
    """Which run this is, how it stands, and what to type for it."""
    sign, state = STATES[facts.state]
    command = facts.command
    typed = (
        f'<h2 class="small">To make it again</h2><pre class="command"><code>{shown(command)}</code></pre>'
        if command
        else ""
    )
    return (
        f"<h1>{shown(facts.name)} <small>{shown(facts.mode)}</small></h1>"
        f'<p class="about"><span class="state {facts.state}"><span aria-hidden="true">{sign}</span> {state}</span>'
        f" {about(facts)}</p>{typed}{notices(facts)}"
    )


def about(facts: Facts) -> str:
    """The run in a line."""
    config = facts.config
    model = str(select(config, "model.encoder._target_") or "").rpartition(".")[2].removesuffix("_encoder")
    latent = select(config, "model.latent_dim")
    texts = [
        ("data", select(config, "data.path") or select(config, "data.name")),
        ("columns", listed(facts.columns)),
        ("model", f"{model}, {plural(latent, 'latent dimension')}" if isinstance(latent, int) else model),
        ("prior", select(config, "prior.name")),
        ("network", select(config, "network.name") if select(config, "network.modules") else None),
        ("seed", config.get("seed")),
        ("learnt in", config.get("learnt_run")),
        ("begun", facts.begun),
        ("took", took(facts)),
    ]
    if select(config, "network.modules") or facts.columns_seen:  # several models, or none
        texts = [(name, text) for name, text in texts if name not in ("model", "prior")]
    known = (f"<span><i>{name}</i> {shown(text)}</span>" for name, text in texts if text not in (None, ""))
    return " ".join(known)


def took(facts: Facts) -> str | None:
    """How long the mode's own work took."""
    seconds = facts.metrics.get("seconds")
    return duration(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e12 else None


def notices(facts: Facts) -> str:
    """What the reader must know first: that the run is not finished, and what it warned of."""
    html = ""
    if facts.state == "running":
        html += '<p class="notice">This run is at work; the page shows how far it had come.</p>'
    if facts.state == "interrupted":
        html += (
            '<p class="notice">This run was cut off before its end, so there are no final metrics. To go on:</p>'
            f'<pre class="command"><code>{shown(facts.going_on)}</code></pre>'
        )
    items = "".join(f"<li>{shown(text)}</li>" for text in dict.fromkeys(facts.warnings))
    return html + (f'<ul class="notice" aria-label="Warnings">{items}</ul>' if items else "")


def results_of(facts: Facts) -> str:
    """The metrics; nothing of a run that has none."""
    return results.cards(facts) + results.tables(facts) if facts.metrics else ""


def pictures(facts: Facts, section: str) -> str:
    """The pictures of a section."""
    figures = "".join(figure(picture) for picture in facts.pictures if picture.caption.section == section)
    return f'<div class="pictures">{figures}</div>' if figures else ""


def figure(picture: Picture) -> str:
    """A picture and its caption."""
    caption = picture.caption
    kind, reach = (' class="wide"', ' tabindex="0"') if is_wide(picture) else ("", "")  # a phone scrolls it
    # Its size beforehand, so that the page does not jump.
    return (
        f"<figure{kind}><figcaption><h3>{shown(caption.title)}</h3><p>{shown(caption.text)} "
        f'<code>{shown(picture.name)}</code></p></figcaption><div class="scroll"{reach}>'
        f'<img alt="{shown(caption.alt)}" width="{picture.width}" height="{picture.height}" '
        f'src="{picture.data_uri}"></div></figure>\n'
    )
