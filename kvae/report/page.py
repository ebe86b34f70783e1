"""The page of a report, assembled from its parts."""

from kvae.data.columns import listed
from kvae.process.logs import duration
from kvae.report import details, explorer, results
from kvae.report.by_column import by_column
from kvae.report.clusters import clusters
from kvae.report.columns import columns
from kvae.report.facts import Facts
from kvae.report.frame import Section, framed
from kvae.report.gallery import gallery, least_widths
from kvae.report.text import shown
from kvae.report.words import STATES, data_of, model_of
from kvae.runs import select


def page(facts: Facts) -> str:
    """The whole page of a run."""
    sections = [
        Section("results", "Results", results_of(facts)),
        # The explorer is hidden until its script runs: in a browser without scripts it does not appear.
        Section("explore", "Explore", explorer.section(facts.explored), " hidden data-explore"),
        Section("columns", "Columns", columns(facts) + by_column(facts)),
        Section("clusters", "Clusters", clusters(facts)),
        Section("curves", "Curves", pictures_in(facts, "curves")),
        Section("pictures", "Pictures", pictures_in(facts, "pictures")),
        Section("config", "Configuration", details.config(facts)),
        Section("origin", "What ran", details.origin(facts)),
        Section("files", "Files", details.files(facts) + details.log(facts)),
    ]
    return framed(
        f"{shown(facts.name)} · {shown(facts.mode)}",
        header(facts),
        sections,
        "the files of the run folder",
        explorer.style(facts.explored) + least_widths(facts.pictures),
        explorer.script(facts.explored),
    )


def header(facts: Facts) -> str:
    """The head of the page: the run, its state, and the command that repeats it."""
    sign, state = STATES[facts.state]
    command = facts.command
    typed = (
        f'<h2 class="small">To repeat it</h2><pre class="command"><code>{shown(command)}</code></pre>'
        if command
        else ""
    )
    return (
        f"<h1>{shown(facts.name)} <small>{shown(facts.mode)}</small></h1>"
        f'<p class="about"><span class="state {facts.state}"><span aria-hidden="true">{sign}</span> {state}</span>'
        f" {about(facts)}</p>{typed}{notices(facts)}"
    )


def about(facts: Facts) -> str:
    """One line of facts about the run."""
    config = facts.config
    texts = [
        ("data", data_of(config)),
        ("columns", listed(facts.columns)),
        ("model", model_of(config)),
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
    """How long the mode took, in words; None if not known."""
    seconds = facts.metrics.get("seconds")
    return duration(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e12 else None


def notices(facts: Facts) -> str:
    """Notices above the results: that the run is not finished, and its warnings."""
    html = ""
    if facts.state == "running":
        html += '<p class="notice">This run is still running; the page shows its state when the page was made.</p>'
    if facts.state == "interrupted":
        html += (
            '<p class="notice">This run did not reach its end, so there are no final metrics. To resume it:</p>'
            f'<pre class="command"><code>{shown(facts.going_on)}</code></pre>'
        )
    items = "".join(f"<li>{shown(text)}</li>" for text in dict.fromkeys(facts.warnings))
    return html + (f'<ul class="notice" aria-label="Warnings">{items}</ul>' if items else "")


def results_of(facts: Facts) -> str:
    """The metrics; empty for a run without metrics."""
    return results.cards(facts) + results.tables(facts) if facts.metrics else ""


def pictures_in(facts: Facts, section: str) -> str:
    """The pictures of a section."""
    return gallery(picture for picture in facts.pictures if picture.caption.section == section)
