"""The config, versions, files and log of a run, in HTML."""

from collections.abc import Iterable
from typing import Any

from kvae.report.facts import Facts, groups_of
from kvae.report.text import plural, shown, size, typed

MANY_FILES = 300
# What a mode notes beside the config that Hydra composed: no keys.
NOTED = ("learnt_run", "shard")


def config(facts: Facts) -> str:
    """The composed config by groups; keys that were typed are marked, and their groups are open."""
    note = ""
    if facts.overrides is not None:
        others = " ".join(f'<code class="mark">{shown(option)}</code>' for option in facts.other_options)
        note = (
            '<p>Keys set on the command line are marked <span class="mark">set</span>; all others come from '
            f"files under <code>conf/</code>{f', chosen by {others}' if others else ''}.</p>"
        )
    composed = {name: value for name, value in facts.config.items() if name not in NOTED}
    groups = "".join(group(facts, name, keys) for name, keys in groups_of(composed).items())
    return f'{note}<div class="groups">{groups}</div>'


def group(facts: Facts, name: str, keys: dict[str, Any]) -> str:
    """One group of the config."""
    options = facts.options(name) if name else []
    changed = [key for key in keys if facts.is_set(key)]
    texts = [plural(len(keys), "key")] + ([f"{len(changed)} set"] if changed else [])
    chosen = "".join(f' <code class="mark">{shown(option)}</code>' for option in options)
    if not options and f"{name}.name" in keys:
        chosen = f" <code>{typed(keys[f'{name}.name'])}</code>"
    rows = "".join(setting(key, key.removeprefix(f"{name}."), keys[key], key in changed) for key in keys)
    return (
        f"<details{' open' if changed else ''}><summary><strong>{shown(name or 'the run')}</strong>{chosen} "
        f'<span class="note">{", ".join(texts)}</span></summary>'
        f'<table class="keys"><tbody>{rows}</tbody></table></details>'
    )


def setting(key: str, short: str, value: Any, changed: bool) -> str:
    """One key and its value."""
    mark = ' <span class="mark">set</span>' if changed else ""
    kind = ' class="set"' if changed else ""
    return (
        f'<tr{kind}><th scope="row" title="{shown(key)}"><code>{shown(short)}</code>{mark}</th>'
        f"<td><code>{typed(value)}</code></td></tr>"
    )


def origin(facts: Facts) -> str:
    """The git commit and the versions of the packages."""
    commit = facts.git_commit
    text = f"<code>{shown(commit)}</code>" if commit else "not known: the code was not in a repository"
    if commit and commit.endswith("-dirty"):
        text += ", with changes that were not committed"
    rows = [("Git commit", text), *((shown(name), shown(version)) for name, version in facts.versions.items())]
    return pairs(rows)


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values, both HTML, as a list of definitions."""
    return (
        f'<dl class="pairs">{"".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows)}</dl>'
    )


def files(facts: Facts) -> str:
    """The files of the run folder."""
    rows = "".join(
        f'<tr><th scope="row"><code>{shown(file.name)}</code></th>'
        f'<td class="value">{"" if file.size is None else size(file.size)}</td>'
        f'<td class="meaning">{shown(file.content)}</td></tr>'
        for file in facts.files[:MANY_FILES]
    )
    total = sum(file.size or 0 for file in facts.files)
    more = f"<p>… and {len(facts.files) - MANY_FILES:,} more.</p>" if len(facts.files) > MANY_FILES else ""
    return (
        f"<details><summary>{plural(len(facts.files), 'file')}, {size(total)}, in "
        f"<code>{shown(facts.folder)}</code></summary>"
        '<table class="files"><thead><tr><th scope="col">file</th><th scope="col">size</th>'
        f'<th scope="col">what it holds</th></tr></thead><tbody>{rows}</tbody></table>{more}</details>'
    )


def log(facts: Facts) -> str:
    """The last lines of the log."""
    if not facts.log:
        return ""
    lines = shown("\n".join(facts.log))
    return (
        f"<details><summary>Log, the last {plural(len(facts.log), 'line')}</summary><pre>{lines}</pre></details>"
    )
