import os
import re

import numpy as np
import pytest
from PIL import Image

from kvae.data.image_files import find_images, labels_of, loose
from kvae.data.images import read_images
from kvae.errors import InputError


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def names_of(folder):
    return [path.relative_to(folder).as_posix() for path in find_images(folder).files]


def test_every_ending_that_is_an_image_is_found_in_any_case(tmp_path):
    names = ["a.PNG", "b.Jpeg", "c.tif", "d.TIFF", "e.webp", "f.gif", "g.bmp", "h.ppm", "i.pgm", "j/k.JPE"]
    make(tmp_path, *names)
    assert names_of(tmp_path) == sorted(names)
    assert find_images(tmp_path).left_out == ""


def test_whatever_else_there_is_is_counted_and_named(tmp_path):
    make(tmp_path, "a.png", "a.txt", "b.txt", "c.heic", "README", ".hidden.png", "__MACOSX/._a.png", "Thumbs.db")
    make(tmp_path, ".ipynb_checkpoints/a.png", "b/.DS_Store")
    found = find_images(tmp_path)
    assert [path.name for path in found.files] == ["a.png"]
    assert found.left_out == (
        "2 .txt (a.txt, ...), 1 without an ending (README), 1 .heic (c.heic), 5 hidden (.hidden.png, ...)"
    )
    assert not found.is_clutter
    many = tmp_path / "many"
    make(many, "a.png", *(f"x.{kind}" for kind in "bcdefgh"))
    assert "2 of other endings" in find_images(many).left_out


def test_what_systems_leave_is_no_warning(tmp_path, caplog):
    make(tmp_path, ".DS_Store", "desktop.ini", "Thumbs.db", "a/.DS_Store")
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    assert find_images(tmp_path).is_clutter
    with caplog.at_level("INFO"):
        read_images(str(tmp_path), 4, 4, 1)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "4 hidden" in caplog.text
    make(tmp_path, "notes.txt")
    read_images(str(tmp_path), 4, 4, 1)
    assert re.search(r"WARNING.*left out of .*1 \.txt \(notes\.txt\), 4 hidden", caplog.text)


def test_links_to_folders_are_followed_but_not_round(tmp_path):
    make(tmp_path / "elsewhere", "b.png", "c.png")
    make(tmp_path / "here", "a.png", "sub/d.png")
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here" / "twice").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here" / "round").symlink_to(tmp_path)
    (tmp_path / "here" / "sub" / "self").symlink_to(tmp_path / "here")
    (tmp_path / "here" / "nowhere.png").symlink_to("nothing.png")
    found = find_images(tmp_path / "here")
    linked = sorted(path.name for path in found.files if path.parent.name in ("linked", "twice"))
    assert linked == ["b.png", "c.png"]
    assert {"round", "sub/self", "nowhere.png"} < set(found.unread) and len(found.unread) == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path):
    make(tmp_path, "a.png", "closed/b.png")
    (tmp_path / "closed").chmod(0)
    try:
        assert find_images(tmp_path).left_out == "1 that cannot be followed (closed)"
    finally:
        (tmp_path / "closed").chmod(0o755)


def test_a_pipe_is_no_image(tmp_path):
    make(tmp_path, "a.png")
    os.mkfifo(tmp_path / "b.png")
    assert names_of(tmp_path) == ["a.png"] and find_images(tmp_path).unread == ["b.png"]


def test_loose_images_beside_subfolders_get_a_word(tmp_path, caplog):
    for name in ("a.png", "b/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    raw = read_images(str(tmp_path), 4, 4, 1)
    assert list(raw.labels) == [".", "b"]
    assert "itself, not in a subfolder: 1; their label is '.'" in caplog.text
    files = find_images(tmp_path / "b").files
    assert loose(labels_of(tmp_path / "b", files)) == 0


def test_a_folder_of_other_files_says_what_it_holds(tmp_path):
    make(tmp_path, "a.heic", "b.heic", "c.dcm")
    with pytest.raises(InputError, match=r"holds no image with the ending .*It holds 2 \.heic .*1 \.dcm"):
        read_images(str(tmp_path), 4, 4, 1)
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"is no folder .*for a table or an array, type data=file"):
        read_images(str(tmp_path / "x.npy"), 4, 4, 1)
