"""The tutorials run, with small settings, and their pages show the code of their files."""

import re

import pytest
from command import kvae
from doc_blocks import FENCE
from generated import tutorials

FILES = sorted(tutorials.FOLDER.glob("*.py"))
NAMES = [path.stem for path in FILES]
SOURCE = """# %% [markdown]
# # A title
#
# ![a picture](outputs/*/one.png)

# %%
n = 100  # small: 2
print("before", n)
n + 1

# %%
# !python run.py train.itr=100  # small: train.itr=1
"""


@pytest.fixture
def cells(tmp_path):
    (tmp_path / "one.py").write_text(SOURCE)
    return tutorials.cells_of(tmp_path / "one.py")


def test_cells_are_run_in_turn_with_the_settings_of_the_page_or_of_tests(cells, tmp_path):
    typed = []

    def shell(words, folder):
        typed.append(words)
        return "run folder: outputs\n"

    assert tutorials.run(cells, tmp_path, shell) == ["", "before 100\n101\n", "run folder: outputs\n"]
    assert tutorials.run(cells, tmp_path, shell, small=True)[1] == "before 2\n3\n"
    assert typed == [["python", "run.py", "train.itr=100"], ["python", "run.py", "train.itr=100", "train.itr=1"]]


def test_a_page_has_code_without_what_tests_take_and_output_as_text(cells):
    page = tutorials.page_of("one", cells, ["", "101\n", "\n".join(map(str, range(100)))])
    assert "![a picture](pictures/one_0_one.png)" in page
    assert '```python\nn = 100\nprint("before", n)\nn + 1\n```\n\n```text\n101\n```' in page
    assert "```sh\npython run.py train.itr=100\n```\n\n```text\n0\n1\n2\n3\n4\n5\n...\n81\n" in page


def test_a_picture_is_the_newest_of_its_pattern(cells, tmp_path, monkeypatch):
    monkeypatch.setattr(tutorials, "FOLDER", tmp_path / "docs")
    (tmp_path / "docs").mkdir()
    for name in ("first", "second"):
        (tmp_path / "outputs" / name).mkdir(parents=True)
        (tmp_path / "outputs" / name / "one.png").write_text(name)
    tutorials.keep_pictures("one", cells, tmp_path, 0)
    assert (tmp_path / "docs" / "pictures" / "one_0_one.png").read_text() == "second"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_that_of_its_file(name):
    written = (tutorials.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    cells = tutorials.cells_of(tutorials.FOLDER / f"{name}.py")
    assert without_output(written) == without_output(tutorials.page_of(name, cells, [""] * len(cells)))
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", written)
    assert [one for one in pictures if not (tutorials.FOLDER / one).exists()] == []


def without_output(page):
    """A page without what its cells printed."""
    return FENCE.sub(lambda found: "" if found["language"] == "text" else found[0], page).replace(
        "\n\n\n\n", "\n\n"
    )


@pytest.mark.rare
@pytest.mark.parametrize("name", NAMES)
def test_a_tutorial_runs(name, tmp_path):
    cells = tutorials.cells_of(tutorials.FOLDER / f"{name}.py")
    printed = tutorials.run(cells, tmp_path, quickly, small=True)
    assert "".join(printed)


def quickly(words, folder):
    """Run a command as the tests of the command line do."""
    assert words[:2] == ["python", "run.py"]
    done = kvae(folder, *words[2:])
    assert done.returncode == 0, done.stderr
    return done.stdout
