import json
import subprocess
import sys

import pytest

from kvae.metrics import Meaning, column_metric, larger_is_better, meaning_of, measures
from kvae.metrics import meaning as meanings
from kvae.metrics.meaning import kept_in, of_kvae, to_keep
from kvae.runs import RunFolder


@pytest.fixture
def declared(monkeypatch):
    monkeypatch.setattr(meanings, "DECLARED", dict(meanings.DECLARED))

    @measures(sharpness=Meaning("Sharpness", "How sharp.", "px", "higher", 2), loss=Meaning("Not the loss"))
    def sharpness(x_hat):
        return 1.0

    return sharpness


def test_a_meaning_stands_beside_its_function_and_serves_held_out_rows_as_well():
    assert meaning_of("val_nll") is meaning_of("nll") is of_kvae()["nll"]
    assert meaning_of("ssim").better == "higher" and larger_is_better("val_ssim")
    assert not larger_is_better("loss")
    assert meaning_of("a_word_of_mine") == Meaning("a word of mine")


def test_what_kvae_measures_is_its_own_to_explain(declared):
    assert meaning_of("loss").title == "Loss"
    assert meaning_of("sharpness") == declared.measures["sharpness"]
    assert to_keep(["loss", "sharpness", "val_sharpness", "unheard_of"]).keys() == {"sharpness"}


def test_a_run_folder_keeps_the_meanings_of_others_metrics(declared, tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_meanings(to_keep(["loss", "nll"]))
    assert not folder.meanings.exists() and folder.read_meanings() == {}
    folder.write_meanings(to_keep(["val_sharpness"]))
    kept = kept_in(folder.read_meanings())
    meanings.DECLARED.clear()
    assert larger_is_better("val_sharpness", kept) and not larger_is_better("val_sharpness")
    assert meaning_of("sharpness", kept) == Meaning("Sharpness", "How sharp.", "px", "higher", 2)
    assert meaning_of("loss", {"loss": Meaning("Forged")}).title == "Loss"


def test_to_explain_metrics_needs_no_tensorflow():
    code = (
        "import json, sys; from kvae.metrics.meaning import of_kvae; of_kvae(); print(json.dumps([*sys.modules]))"
    )
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert not {"tensorflow", "keras", "hydra"} & set(loaded)


def test_metrics_of_a_column_are_explained_by_what_they_have_in_common():
    assert column_metric("val_loss_income (€)") == ("loss", "income (€)")
    assert column_metric("val_loss") is None and column_metric("loss_") is None and column_metric("age") is None
    assert meaning_of("val_loss_age").title == "Loss of age"
    assert meaning_of("loss_age").unit == "nats per observation" and not larger_is_better("loss_age")
    assert to_keep(["loss_age"]) == {}


def test_a_module_of_a_network_stands_before_its_metrics():
    for name in ("gmm1_accuracy", "val_gmm1_accuracy", "my_gmm_accuracy"):
        assert larger_is_better(name) and meaning_of(name).text == meaning_of("accuracy").text
    assert meaning_of("val_gmm1_accuracy").title == f"{meaning_of('accuracy').title} of gmm1"
    assert not larger_is_better("val_vae1_loss") and meaning_of("vae1_kl").unit == meaning_of("kl").unit
    assert meaning_of("accuracy_round1").title == "accuracy round1"


def test_a_metric_of_several_functions_has_one_meaning():
    import importlib
    import pkgutil

    from kvae import metrics

    found = {}
    for module in pkgutil.walk_packages(metrics.__path__, "kvae.metrics."):
        values = vars(importlib.import_module(module.name)).values()
        for meanings_of in [value.measures for value in values if isinstance(getattr(value, "measures", 0), dict)]:
            for name, one in meanings_of.items():
                assert found.setdefault(name, one) == one, name
