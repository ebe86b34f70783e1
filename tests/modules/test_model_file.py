import zipfile

import numpy as np

from kvae.modules.model_file import load_vae, renumbered, save_vae


def test_a_saved_model_says_nothing_of_the_moment(make_vae, tmp_path):
    vae = make_vae()
    for name in ("a", "b"):
        save_vae(vae, tmp_path / name / "model.keras")
    a, b = ((tmp_path / name / "model.keras").read_bytes() for name in ("a", "b"))
    assert a == b
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["model.keras"]
    with zipfile.ZipFile(tmp_path / "a" / "model.keras") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"date_saved" not in archive.read("metadata.json")


def test_shared_objects_are_numbered_in_their_order():
    config = {"a": [{"shared_object_id": 977}, {"shared_object_id": 40}], "b": {"shared_object_id": 977, "c": 40}}
    assert renumbered(config, {}) == {
        "a": [{"shared_object_id": 0}, {"shared_object_id": 1}],
        "b": {"shared_object_id": 0, "c": 40},
    }


def test_what_is_saved_is_loaded_and_trains_on(make_vae, x, tmp_path):
    vae = make_vae()
    vae.fit(x, epochs=1, verbose=0)
    save_vae(vae, tmp_path / "model.keras")
    again = load_vae(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.encode(x)[0], vae.encode(x)[0])
    for model in (vae, again):
        model.fit(x, epochs=2, batch_size=60, shuffle=False, verbose=0)
    np.testing.assert_allclose(again.encode(x)[0], vae.encode(x)[0], rtol=1e-5)
