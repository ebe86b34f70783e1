"""The commands of README and docs run: in the order of a page, on small files of the names that they read."""

import re
import subprocess
import sys

import pytest
from command import kvae
from doc_blocks import BLOCKS, COMMANDS
from doc_files import filled_in, write_files

pytestmark = pytest.mark.rare
# What needs other machines, a server, or files that only a long run writes: composed by `test_blocks.py` alone.
ELSEWHERE = re.compile(
    r"hydra/launcher=(ray|slurm|submitit)|strategy=|http:|RUN1|experiment=compress_mnist|resume=outputs|"
    r"mode.archive|sweep=optuna|shard=0|--join"
)
PAGES = [
    page
    for page in dict.fromkeys(
        command.block.page for command in COMMANDS if command.words[:2] == ("python", "run.py")
    )
    if not page.startswith("docs/tutorials/")  # `test_tutorials.py` runs them whole
]


@pytest.fixture
def folder(tmp_path, request):
    page = request.getfixturevalue("page")
    write_files(tmp_path, page)
    for block in BLOCKS:  # code and configs of one's own, as the page has them
        first, _, _ = block.text.partition("\n")
        if block.page == page and (name := re.fullmatch(r"# ((?:my_\w+|configs)(?:/\w+)*\.(?:py|yaml))", first)):
            (tmp_path / name[1]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name[1]).write_text(block.text)
            if name[1].endswith("blur.yaml"):
                (tmp_path / name[1]).with_name("sharpness.yaml").write_text(
                    block.text.replace("blur: ", "sharpness: ")
                )
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(page, folder):
    done = set()
    for command in COMMANDS:
        words = command.words
        if (
            command.block.page != page
            or words in done
            or words[0] != "python"
            or ELSEWHERE.search(" ".join(words))
        ):
            continue
        done.add(words)
        if words[1] == "run.py":
            arguments = [filled_in(word, folder) for word in few(words[2:])]
            result = run(folder, arguments)
        elif words[2] != "benchmarks":
            arguments = [filled_in(word, folder) for word in words[1:]]
            result = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)
        else:
            continue
        assert result.returncode == 0, f"{command}: {result.stderr[-2000:]}"


def run(folder, arguments):
    """What the command gave; where a page takes a learnt run for granted, one is learnt first."""
    result = kvae(folder, *arguments, *small(arguments))
    if result.returncode and re.search("type the same with mode=learn|no learnt run has this name", result.stderr):
        learning = [one for one in arguments if not re.match(r"mode[.=]", one)]
        assert kvae(folder, *learning, *small(learning)).returncode == 0
        result = kvae(folder, *arguments, *small(arguments))
    return result


def few(words):
    """Words of a sweep with two values of the first key and one of each other."""
    if "-m" not in words:
        return words
    kept, n = [], 2
    for word in words:
        key, equals, values = word.partition("=")
        if equals and "," in values and not values.startswith("["):
            word, n = f"{key}={','.join(values.split(',')[:n])}", 1
        kept.append(word)
    return kept


def small(arguments):
    """What makes a command take seconds."""
    text = " ".join(arguments)
    whole = "network=" in text or "experiment=naming" in text
    passes = {"resume=first": 2, "resume=second": 3}  # further than the run that is gone on from
    itr = next((n for word, n in passes.items() if word in text), 1)
    kept = [f"train.itr={itr}"] if not whole else ["network.rounds=1"]
    if "prior=gmm" in text or "experiment=mnist_clusters" in text or "serket_vae_gmm" in text:
        kept += ["prior.rounds=1", "prior.n_starts=1"]
    if "mnist" in text and "data.path" not in text:
        kept.append("data.path=mnist.npz")  # and no download
    return kept
