"""The settings of a sweep in HTML: jobs that differ only in the seed form one setting."""

import math

from kvae.process.logs import duration
from kvae.report.text import shown
from kvae.sweep.page.facts import Facts
from kvae.sweep.page.values import data, setting

MANY_SETTINGS = 20


def settings(facts: Facts) -> str:
    """A row per setting, the best first; empty where every job is a setting of its own."""
    if all(len(one.values) < 2 for one in facts.settings) or len(facts.settings) < 2:
        return ""
    keys = [key for key in facts.keys if key != "seed"]
    meaning = facts.meaning(facts.objective)
    unit = f' <span class="unit">{shown(meaning.unit)}</span>' if meaning.unit else ""
    heads = [f"{shown(facts.objective)}{unit}", "sd", "n", *map(shown, keys), "time of a job"]
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = ""
    for one in facts.settings[:MANY_SETTINGS]:
        sd = f"{one.sd:.3g}" if math.isfinite(one.sd) else ""
        time = duration(one.seconds) if math.isfinite(one.seconds) else ""
        values = [data(meaning, one.mean), sd, str(len(one.values))]
        values += [setting(one.overrides.get(key, "")) for key in keys]
        body += f"<tr>{''.join(f'<td>{value}</td>' for value in [*values, time])}</tr>"
    left = len(facts.settings) - MANY_SETTINGS
    more = f'<p class="note">… and {left:,} more; the jobs are below.</p>' if left > 0 else ""
    return (
        '<p class="note">Jobs that differ only in the seed form one setting: the mean of the objective, its '
        "standard deviation over seeds, and the number of jobs. The best settings come first.</p>"
        '<div class="scroll" tabindex="0"><table class="list">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )
