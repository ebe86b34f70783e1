"""Rules of the house that a linter of imports cannot hold; see the contracts in `pyproject.toml`."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KVAE = ROOT / "kvae"
FILES = sorted(KVAE.rglob("*.py"))
NAMES = {path: path.relative_to(ROOT).as_posix() for path in FILES}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
LOOSE = {"__init__", "layers", "model", "callbacks", "objective", "errors"}
MANY_LINES = 250
# What the distributions of extras are called where they are imported.
IMPORTED_AS = {"ray[default]": "ray", "mlflow-skinny": "mlflow", "SQLAlchemy": "sqlalchemy"}
CORE = {"pytest-xdist", "pytest", "hypothesis", "pandas"}  # of the tests
# Files of a run folder by which others know what it is.
OF_RUN_FOLDERS = {
    "metrics.json", "meanings.json", "run.json", "job.json", "report.html", "run.log", "overrides.yaml",
    "input.json", "seconds.json", "export.json", "model.keras", "model.npz", "model.ckpt.npz", "loss.txt",
    "val_loss.txt",
}  # fmt: skip


def folder_of(path):
    """The folder that a file is in, or its own name where it lies loose."""
    first = path.relative_to(KVAE).parts[0]
    return first.removesuffix(".py")


def at_the_top(tree):
    """Imports that happen when a file is imported."""
    todo = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            todo += getattr(node, "handlers", [])


def packages(node):
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return {name.partition(".")[0] for name in names}


def texts(tree):
    """Texts of a file but those that explain it, with the lines that they stand in."""
    explaining = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explaining:
            yield node


def brought_by_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for name, wanted in extras.items():
        if name in ("test", "dev", "docs"):
            continue
        for line in wanted:
            distribution = line.split("=")[0].split(">")[0]
            yield IMPORTED_AS.get(distribution, distribution).replace("-", "_")


def test_files_that_lie_loose_are_few_and_known():
    assert {path.stem for path in KVAE.glob("*.py")} == LOOSE


def test_every_file_says_first_what_is_in_it_and_why_it_is_long():
    says = {path: " ".join((ast.get_docstring(tree) or "").split()) for path, tree in TREES.items()}
    assert [NAMES[path] for path in FILES if not says[path]] == []
    long = [path for path in FILES if path.read_text(encoding="utf-8").count("\n") > MANY_LINES]
    assert {NAMES[path] for path in long if "long because" not in says[path]} == set()


def test_what_extras_bring_is_imported_where_it_is_asked_for():
    extras = set(brought_by_extras())
    assert {"optuna", "ray", "submitit", "mlflow", "tensorboard", "onnx", "onnxruntime", "tf2onnx"} <= extras
    assert {"constriction", "ai_edge_litert", "sqlalchemy", "hydra_joblib_launcher"} <= extras
    found = [
        f"{NAMES[path]}:{node.lineno}"
        for path, tree in TREES.items()
        for node in at_the_top(tree)
        if packages(node) & extras
    ]
    assert found == []


def test_only_runs_knows_files_of_a_run_folder():
    found = [
        f"{NAMES[path]}:{node.lineno} {node.value}"
        for path, tree in TREES.items()
        if folder_of(path) != "runs"
        for node in texts(tree)
        if node.value.rpartition("/")[2] in OF_RUN_FOLDERS
    ]
    assert found == []


def test_the_objective_is_added_up_in_one_place():
    def of_objective(node):
        text = ast.unparse(node)
        return "reconstruction" in text, "kl" in text

    found = [
        f"{NAMES[path]}:{node.lineno} {ast.unparse(node)}"
        for path, tree in TREES.items()
        if folder_of(path) != "objective"
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
        if {of_objective(node.left), of_objective(node.right)} == {(True, False), (False, True)}
    ]
    assert found == []


def test_below_the_modes_nothing_takes_the_whole_config():
    found = [
        f"{NAMES[path]}:{node.lineno}"
        for path, tree in TREES.items()
        if folder_of(path) not in ("config", "sweep", "modes", "options")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("kvae.options")
        and any(alias.name == "Config" for alias in node.names)
    ]
    assert found == []
