"""The reference of config keys: every key with its default, its comment in YAML, and its allowed values."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from generated.escaping import escaped
from generated.places import ROOT, code
from kvae.config.conf_files import values_in
from kvae.options.found import all_in
from kvae.options.rules import ANYTHING, Rule, declared
from kvae.options.schema import GROUPS, RunConfig, section_class

CONF = ROOT / "conf"
LINE = re.compile(r"(?P<indent> *)(?P<key>[\w./]+):(?P<value>(?: [^#]*)?)(?:# (?P<words>.*))?$")
# Groups whose options set keys of other groups: their files are shown whole.
WHOLE = ("experiment", "network", "sweep")
NOT_KEYS = {"defaults", "_target_", "encoder", "decoder", "optimizer", "name"}


@dataclass(frozen=True)
class Key:
    """A key of a YAML file: its name within the group, its default as text, and its comment."""

    name: str
    default: str
    words: str


def keys_of_file(path: Path) -> dict[str, Key]:
    """The keys of a file and of those in its list of defaults, by their names within the group."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, Key] = {}
    for one in defaults_of(text):
        folder = CONF if one.startswith("/") else path.parent
        file = folder / f"{one.lstrip('/').partition('@')[0]}.yaml"
        found |= keys_of_file(file) if file.exists() else {}  # a launcher's own keys come with its plugin
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        indent = len(match["indent"])
        above = [one for one in above if one[0] < indent]
        name = ".".join([*(one[1] for one in above), match["key"]])
        above.append((indent, match["key"]))
        words = match["words"] or (found[name].words if name in found else "")
        found[name] = Key(name, match["value"].strip(), words.strip())
    return {name: key for name, key in found.items() if name.partition(".")[0] not in NOT_KEYS or key.words}


def defaults_of(text: str) -> list[str]:
    """The files of keys in a file's list of defaults, without `_self_` and overrides of groups."""
    block = re.search(r"^defaults:\n((?:  - .*\n)*)", text, re.M)
    entries = re.findall(r"^  - ([^\s#]+)(?: |$)", block[1], re.M) if block else []
    return [one for one in entries if one not in ("_self_", "override") and ":" not in one]


def about(path: Path) -> str:
    """The comment at the head of a file without commands and directives; indented lines become a block."""
    text = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith(("# @package", "# python run.py")):
            text += f"{line.removeprefix('#').removeprefix(' ')}\n"
    return re.sub(
        r"^((?: {2,}.*\n)+)", lambda found: f"```yaml\n{textwrap.dedent(found[1])}```\n", text, flags=re.M
    )


def entry(key: Key, group: str, rules: dict[str, Rule], anchor: str) -> str:
    """A key as an item of a list."""
    prefix = f"{group}." if group else ""
    rule = rules.get(key.name)
    allowed = f" *Allowed: {plain(rule.allowed)}.*" if rule and rule is not ANYTHING else ""
    words = f": {plain(key.words)}." if key.words else "."
    return (
        f'- <span id="{anchor}"></span>{code(prefix + key.name)} = {code(key.default or "null")}{words}{allowed}'
    )


def plain(words: str) -> str:
    """A comment escaped for Markdown, with names of pages as links."""
    linked = re.sub(r"docs/([\w-]+)\.md", r"[\1](../../\1.md)", escaped(words))
    return linked.rstrip(".")


def entries(path: Path, group: str, option: str) -> list[str]:
    """The items of an option."""
    rules = declared(section_class(group, values_in(path), True)) if group in GROUPS else {}
    keys = [key for key in keys_of_file(path).values() if key.default or key.words]
    return [entry(key, group, rules, f"{option}.{key.name}") for key in keys]


def page_of(group: str, words: str) -> str:
    """The page of a group."""
    options = sorted((CONF / group).glob("*.yaml"), key=lambda path: path.stem != default_of(group))
    parts = [f"# `{group}`", f"{words[0].upper()}{words[1:]}. Choose with `{group}=OPTION`."]
    for path in options:
        parts += [f"## `{group}={path.stem}`", about(path)]
        if group in WHOLE:
            body = path.read_text(encoding="utf-8").strip()
            parts.append(f"```yaml\n{body}\n```")
        else:
            parts.append("\n".join(entries(path, group, path.stem)))
    if group == "network":
        parts += nodes()
    return "\n\n".join(parts) + "\n"


def nodes() -> list[str]:
    """The keys of the modules of a network."""
    parts = [
        "## Keys of modules",
        "Keys within `modules: {NAME: {module: KIND, observes: OTHERS, ...}}` of any option.",
    ]
    for one in all_in("kvae.modules.nodes"):
        kind = one.__module__.rpartition(".")[2]
        rules = {name: rule for name, rule in declared(one).items() if name not in ("module", "observes")}
        listed = [f"- {code(name)}: *{plain(rule.allowed)}*" for name, rule in rules.items()]
        sections = [f"- all keys of [`{section}`]({section}.md)" for section in getattr(one, "SECTIONS", ())]
        parts += [f"### `module: {kind}`", "\n".join([*listed, *sections]) or "No keys of its own."]
    return parts


def default_of(group: str) -> str:
    """The default option of a group."""
    found = re.search(rf"^  - {group}: (\w+)", (CONF / "config.yaml").read_text(encoding="utf-8"), re.M)
    return found[1] if found else ""


def groups() -> dict[str, str]:
    """The groups with their descriptions, from README's table and in its order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(\w+)` \| [^|]* \| (.*?) \|$", readme, re.M)
    return {group: re.sub(r" \(\[[^)]*\)\)", "", words) for group, words in found}


def top_level() -> str:
    """The page of the keys outside every group, with a list of the groups."""
    rules = declared(RunConfig)
    keys = [key for name, key in keys_of_file(CONF / "config.yaml").items() if name in rules]
    listed = [f"- [`{group}`]({group}.md): {words}" for group, words in groups().items()]
    return "\n\n".join(
        [
            "# Config keys",
            "Every key of a command, with its default, its meaning and its allowed values. `group=option` "
            "chooses an option of a group, `group.key=value` sets a key; `python run.py --help` prints the keys "
            "of the chosen options. Made from the comments of the files in `conf/`.",
            "## Groups",
            "\n".join([*listed, "- [`hydra/launcher`](launcher.md): how and where the jobs of a sweep run"]),
            "## Keys outside every group",
            "\n".join(entry(key, "", rules, key.name) for key in keys),
        ]
    )


def launchers() -> str:
    """The page of kvae's launchers and sweepers."""
    parts = [
        "# `hydra/launcher` and `hydra/sweeper`",
        "The launcher runs the jobs of a sweep on this machine, on Ray or on Slurm ([how](../../sweeps.md)). "
        "The sweeper chooses their settings.",
    ]
    for group in ("launcher", "sweeper"):
        for path in sorted((CONF / "hydra" / group).glob("*.yaml")):
            parts += [f"## `hydra/{group}={path.stem}`", about(path)]
            parts.append("\n".join(entries(path, f"hydra.{group}", path.stem)))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """The pages of the reference of keys, by their paths on the site."""
    made = {f"reference/keys/{group}.md": page_of(group, words) for group, words in groups().items()}
    return made | {"reference/keys/index.md": top_level(), "reference/keys/launcher.md": launchers()}
