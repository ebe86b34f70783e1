"""The reference of the Python interface: which names are on which page; their docstrings are the content."""

import ast
import re
from pathlib import Path

from generated.places import ROOT

# A page: its title, its subject, and its names; a name with a slash is a file, or a folder with all of its files.
PAGES: dict[str, tuple[str, str, list[str]]] = {
    "model": ("kvae.VAE", "The model, a `keras.Model`.", ["kvae.model.VAE"]),
    "run": (
        "kvae.open_run",
        "A finished learnt run of the command line, in the data's own units.",
        ["kvae.uses.run.open_run", "kvae.uses.run.Run"],
    ),
    "modules": (
        "kvae.modules",
        "Modules that teach each other; [how to connect them](../../modules.md).",
        [
            "kvae.modules.module.Module",
            "kvae.modules.observation.Observation",
            "kvae.modules.vae.VAE",
            "kvae.modules.gmm.GMM",
            "kvae.modules.mlda.MLDA",
            "kvae.modules.markov.MarkovModel",
            "kvae.modules.nn.NN",
            "kvae.modules.experts.Experts",
            "kvae.modules.naming_game.NamingGame",
            "kvae.modules.frozen.Frozen",
            "kvae.modules.message.Gaussian",
            "kvae.modules.network.Network",
            "kvae.modules.hooks",
        ],
    ),
    "sklearn": (
        "kvae.sklearn",
        "scikit-learn estimators for pipelines and searches; [how](../../scikit-learn.md).",
        ["kvae.sklearn.VAETransformer", "kvae.sklearn.VAEDetector", "kvae.sklearn.VAEImputer"],
    ),
    "objective": ("kvae.objective", "The minimised objective, as pure functions of tensors.", ["kvae.objective"]),
    "layers": (
        "kvae.layers and kvae.networks",
        "Layers for encoders and decoders, and the networks of `model=mlp` and `model=conv`.",
        ["kvae.layers", "kvae/networks/mlp.py", "kvae/networks/conv.py"],
    ),
    "likelihoods": (
        "kvae.likelihoods",
        "The distributions whose parameters a decoder gives; [which to choose](../../likelihoods.md).",
        ["kvae.likelihoods.base.Likelihood", "kvae.likelihoods.support.Support", "kvae/likelihoods"],
    ),
    "schedules": (
        "kvae.schedules",
        "The weight of the KL over time.",
        [
            "kvae.schedules.KLTerm",
            "kvae.schedules.constant",
            "kvae.schedules.linear_warmup",
            "kvae.schedules.cyclical",
            "kvae.schedules.growing_capacity",
        ],
    ),
    "callbacks": ("kvae.callbacks", "Keras callbacks.", ["kvae.callbacks"]),
    "table": (
        "kvae.data.table",
        "Tables to arrays and back; [columns](../../columns.md).",
        [
            "kvae.data.table.read_frame",
            "kvae.data.table.infer_columns",
            "kvae.data.table.encode",
            "kvae.data.table.decode",
            "kvae.data.table.in_form_of",
            "kvae.data.table.write_table",
        ],
    ),
    "metrics": ("kvae.metrics", "The functions that compute metrics.", ["kvae/metrics"]),
    "uses": (
        "kvae.uses",
        "Anomaly scores and archives from a learnt VAE.",
        [
            "kvae.uses.scores.anomaly_scores",
            "kvae.uses.compression.api.compress",
            "kvae.uses.compression.api.decompress",
        ],
    ),
    "clusters": (
        "kvae.spark and kvae.ray",
        "Tables on a cluster; [how](../../clusters.md).",
        [
            "kvae.spark.encode",
            "kvae.spark.score",
            "kvae.spark.impute",
            "kvae.ray.encode",
            "kvae.ray.score",
            "kvae.ray.impute",
        ],
    ),
    "plots": (
        "kvae.plots",
        "Figures, and their captions for the report.",
        ["kvae.runs.captions.shows", "kvae.runs.captions.Caption", "kvae.plots.figure", "kvae/plots"],
    ),
    "tracking": ("kvae.tracking", "The base class of your own tracker.", ["kvae.tracking.NoTracker"]),
    "rules": (
        "kvae.options.rules",
        "Rules that check the arguments of your own parts, given as annotations.",
        ["kvae.options.rules"],
    ),
}


def page_of(title: str, about: str, names: list[str]) -> str:
    """A page of the reference."""
    found = [one for name in names for one in (names_in(ROOT / name) if "/" in name else [name])]
    return "\n\n".join([f"# {title}", about, *map(directive, found)]) + "\n"


def directive(name: str) -> str:
    """The line that mkdocstrings replaces by the docstrings of a name."""
    return f"::: {name}"


def names_in(path: Path) -> list[str]:
    """The public functions and classes of a file, or of the files of a folder, that have docstrings."""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    found = []
    for file in files:
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and file.stem != "__init__" and is_shown(node, module):
                found.append(f"{module}.{node.name}")
    return found


def is_shown(node: ast.FunctionDef | ast.ClassDef, module: str) -> bool:
    """Whether something of a folder is for users: a likelihood, a metric with its words, a picture, a schedule."""
    decorators = " ".join(map(ast.unparse, node.decorator_list))
    if module.startswith("kvae.likelihoods"):
        return module.count(".") == 2 and "register" in decorators
    if module.startswith("kvae.metrics"):
        return "measures" in decorators or node.name in ("Meaning", "measures")
    if module.startswith("kvae.plots"):
        return "shows" in decorators
    return ast.get_docstring(node) is not None


def overview() -> str:
    """The first page of the reference, with a line for each other."""
    lines = [f"- [{title}]({name}.md): {plain(about)}" for name, (title, about, _) in PAGES.items()]
    return "\n".join(
        [
            "# Python API",
            "",
            "The classes and functions for users, a page per package, made from their docstrings.",
            "",
            *lines,
            "",
        ]
    )


def plain(text: str) -> str:
    """A text without its links."""
    return re.sub(r";? ?\[([^\]]*)\]\([^)]*\)", "", text)


def pages() -> dict[str, str]:
    """The pages of the reference, by their paths on the site."""
    made = {f"reference/api/{name}.md": page_of(*parts) for name, parts in PAGES.items()}
    return made | {"reference/api/index.md": overview()}
