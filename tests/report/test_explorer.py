"""The explorer of a page: what stands in it, and what becomes of files that are foreign or damaged."""

import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest
from explored import learnt, run_of

from kvae.data import InputSpec, Scaling
from kvae.report import explorer, write_report
from kvae.report.explored import explored_in
from kvae.report.explorer import SCRIPTS
from kvae.report.resources import resource

HOSTILE = "</script><script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def vae():
    return learnt()


def parts(page):
    """The script of a page, and the two elements with what is explored."""
    found = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    return {kind.partition('type="')[2].partition('"')[0] or "script": text for kind, text in found}


def arrays_of(page):
    """The arrays of a page, as its script unpacks them."""
    found = parts(page)
    facts = json.loads(found["application/json"])
    content = zlib.decompress(base64.b64decode(found["text/plain"]))
    types = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "u1": "u1"}
    return {
        name: np.frombuffer(content, types[one["kind"]], int(np.prod(one["shape"])), one["at"]).reshape(
            one["shape"]
        )
        for name, one in facts["arrays"].items()
    }


def test_the_page_holds_what_the_run_kept_and_one_script_that_its_policy_names(vae, tmp_path):
    folder = run_of(tmp_path, vae)
    write_report(folder)
    page = folder.report.read_text()
    with np.load(folder.vae.explorer) as kept:
        for name, array in arrays_of(page).items():
            np.testing.assert_array_equal(array, kept[name])
    script = parts(page)["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; " in page and page.count("<script>") == 1
    assert "connect-src" not in page and "unsafe" not in page.partition("</title>")[0]
    first = page
    write_report(folder)
    assert folder.report.read_text() == first


def test_without_scripts_nothing_of_it_is_seen(vae, tmp_path):
    folder = run_of(tmp_path, vae)
    write_report(folder)
    page = folder.report.read_text()
    assert '<section id="explore" aria-labelledby="explore-title" hidden data-explore>' in page
    assert '<li hidden data-explore><a href="#explore">' in page
    folder.vae.explorer.unlink()
    write_report(folder)
    assert 'id="explore' not in folder.report.read_text() and "<script" not in folder.report.read_text()


def test_names_of_the_data_end_no_element_and_turn_no_text(vae, tmp_path):
    folder = run_of(tmp_path, vae, labels=np.array([HOSTILE, "http://me:secret@host/"] * 15))
    write_report(folder)
    page = folder.report.read_text()
    assert page.count("</script>") == 3 and "alert(1)</script" not in page
    assert "\u202e" not in page and "secret" not in page
    (by,) = [one for one in json.loads(parts(page)["application/json"])["colourings"] if one["name"] == "label"]
    assert any(name.startswith("</script><script>alert(1)") for name in by["names"])


def header_of(folder):
    with np.load(folder.vae.explorer) as kept:
        return str(kept["header"])


def damaged(folder, change):
    with np.load(folder.vae.explorer) as kept:
        arrays = dict(kept)
    header = json.loads(str(arrays.pop("header")))
    change(header, arrays)
    np.savez(folder.vae.explorer, header=np.array(json.dumps(header)), **arrays)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.update(version=2),
        lambda header, arrays: header.update(plane={}),
        lambda header, arrays: header["plane"].update(axes=[[1.0], [2.0]]),
        lambda header, arrays: header.pop("shape"),
        lambda header, arrays: header.update(labels=["a"]),
        lambda header, arrays: header.update(ids=["a"]),
        lambda header, arrays: arrays.update(z=arrays["z"][:3]),
        lambda header, arrays: arrays.update(z=np.full_like(arrays["z"], np.nan)),
        lambda header, arrays: arrays.update(x=arrays["x"].astype(np.int64)),
        lambda header, arrays: arrays.pop("rows"),
        lambda header, arrays: arrays.pop("check_z"),
    ],
)
def test_a_damaged_or_foreign_file_leaves_the_explorer_out_with_a_word(vae, tmp_path, change, caplog):
    folder = run_of(tmp_path, vae)
    assert explored_in(folder) is not None and caplog.text == ""
    damaged(folder, change)
    assert explored_in(folder) is None
    assert (
        "explorer.npz cannot be read (" in caplog.text and "the report is made without its explorer" in caplog.text
    )
    later = json.loads(header_of(folder))["version"] == 2
    assert ("its format version is 2, but this kvae reads 1" in caplog.text) == later
    write_report(folder)
    assert 'id="explore' not in folder.report.read_text() and "<script" not in folder.report.read_text()


def test_many_columns_are_read(tmp_path, caplog):
    n = 12_000
    spec = InputSpec((n,), Scaling(), "none", columns=tuple(f"gene{i}" for i in range(n)))
    folder = run_of(tmp_path, learnt((n,)), spec=spec, n=4)
    assert explored_in(folder).header["columns"][-1] == "gene11999" and caplog.text == ""


def test_a_file_that_is_cut_off_leaves_the_explorer_out(vae, tmp_path):
    folder = run_of(tmp_path, vae)
    folder.vae.explorer.write_bytes(folder.vae.explorer.read_bytes()[:500])
    assert explored_in(folder) is None


@pytest.mark.parametrize("file_format", ["txt", "npy", "csv"])
def test_classes_of_modules_above_and_flagged_rows_colour_the_map(vae, tmp_path, file_format):
    folder = run_of(tmp_path, vae)
    folder.format, classes = file_format, np.arange(30) % 3
    folder.module(2, "gmm").write_rows("class_learn", classes)
    folder.vae.write_rows("anomaly_learn", (np.arange(30) > 27).astype(np.int8))
    explored = explored_in(folder)
    assert explored.classes == {"class (module002_gmm)": ["0", "1", "2"], "flagged": ["no", "yes"]}
    np.testing.assert_array_equal(explored.arrays["class (module002_gmm)"], classes)
    assert explored.arrays["flagged"].tolist() == [0] * 28 + [1, 1]
    write_report(folder)
    np.testing.assert_array_equal(arrays_of(folder.report.read_text())["flagged"], explored.arrays["flagged"])


@pytest.mark.parametrize("values", [np.arange(7), np.full(30, np.nan), np.arange(30) - 1, np.arange(30) * 1e6])
def test_classes_that_are_none_are_left_out(vae, tmp_path, values):
    folder = run_of(tmp_path, vae)
    folder.module(2, "gmm").write_rows("class_learn", values)
    assert explored_in(folder).classes == {}


def test_of_several_modules_the_first_is_named(vae, tmp_path):
    folder = run_of(tmp_path, vae)
    assert explorer.about(explored_in(folder)).startswith(
        "30 observations of mode=learn, at their posterior means."
    )
    folder.vae.path.rename(tmp_path / "module001_vae1")
    assert "means of module001_vae1, the first VAE of the network." in explorer.about(explored_in(folder))


def test_every_script_is_used_and_none_is_long():
    assert all(0 < resource(f"scripts/{name}.js").count("\n") <= 300 for name in SCRIPTS)


def test_numbers_of_many_classes_are_coloured_by_their_size(vae, tmp_path):
    folder = run_of(tmp_path, vae, labels=np.arange(30) / 2)
    found = explorer.colourings(explored_in(folder))
    assert found[0] == {"name": "label", "array": "label_value"} and found[1]["name"] == "score"
