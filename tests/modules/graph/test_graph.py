"""How modules infer together: up once, down once, in order, and with the variances of what they observe."""

import dataclasses

import numpy as np
import pytest

import kvae.modules as srk
from kvae.data import Data, InputSpec, Part, Scaling
from kvae.errors import InputError
from kvae.modules.graph.graph import Graph, rows_of
from kvae.modules.graph.inputs import check_order, together
from kvae.modules.hooks import Messages, Sent
from kvae.modules.message import Gaussian
from kvae.modules.naming_game.results import Named
from kvae.plots.network import network, places_of
from kvae.table import TableSpec

X = np.arange(12.0).reshape(6, 2)


def data_of(x, n=4, labels=None, held_out=None):
    labels = None if labels is None else np.asarray(labels)
    parts = [Part(x[rows], None if labels is None else labels[rows]) for rows in (slice(None, n), slice(n, None))]
    return Data(*parts, InputSpec(x.shape[1:], Scaling("none"), "none"), held_out)


class Adds(srk.Module):
    """Sends up what it observes and hears, and down ten times as much."""

    def infer(self, observations, above=None):
        total = observations[0] + (0 if above is None else above)
        return Messages(total, [10 * total], np.full(total.shape, 0.5))


class Reads(srk.Module):
    """Sends up the variances of what it observes."""

    def infer_from(self, observations, above=None):
        return Messages(observations[0].var, [np.ones_like(observations[0].forward)])


class Cumulates(srk.Module):
    """Every row hears of those before it."""

    in_order = True

    def infer(self, observations, above=None):
        return Messages(observations[0].cumsum(axis=0), [np.zeros_like(observations[0])])


def graph_of(kind):
    obs, low, high = srk.Observation(X, name="x"), Adds("low"), kind("high")
    low.connect(obs)
    high.connect(low)
    return Graph([obs, low, high])


def test_messages_go_up_once_and_down_once():
    sent = {module.name: messages for module, messages in graph_of(Reads).infer({"x": X}).items()}
    np.testing.assert_array_equal(sent["high"].forward, np.full(X.shape, 0.5))  # the variances, in `infer_from`
    np.testing.assert_array_equal(sent["low"].forward, X + 1)  # with what came from above
    np.testing.assert_array_equal(sent["low"].backward[0], 10 * (X + 1))


def test_without_a_hook_for_variances_a_module_gets_forward_messages_alone():
    messages = Adds("a").infer_from([Sent(X, np.ones(X.shape))], X)
    np.testing.assert_array_equal(messages.forward, 2 * X)


def test_a_module_that_reads_rows_in_their_order_gets_all_of_them():
    graph, inputs = graph_of(Cumulates), together({"x": data_of(X)})
    found = {module.name: messages.forward for module, messages in graph.infer_rows(inputs, "test").items()}
    np.testing.assert_array_equal(found["high"], X.cumsum(axis=0)[4:])
    np.testing.assert_array_equal(found["low"], X[4:])
    assert [module.name for module in graph.infer_rows(inputs, "all", lower=graph.above[1])] == ["low"]
    spread = together({"x": data_of(X, held_out=np.array([False, True] * 3))})
    with pytest.raises(
        InputError, match=r"network\.modules\.high reads rows in their order: .*Type data\.split=last"
    ):
        check_order(graph.above[1], spread)
    check_order(graph.above[0], spread)


def test_rows_of_messages():
    messages = Messages(X, [Gaussian(X, X + 1), None], 2 * X)
    some = rows_of(messages, slice(1, 3))
    np.testing.assert_array_equal(some.backward[0].cov, X[1:3] + 1)
    assert some.backward[1] is None and len(some.forward) == len(some.var) == 2
    named = rows_of(Named(X, [], held=X, own=None), slice(1, 3))  # what a module says besides
    assert len(named.held) == 2 and named.own is None


def test_inputs_have_the_labels_of_the_observation_that_has_some():
    inputs = together({"a": data_of(X), "b": data_of(X + 1, labels=list("abcdef"))})
    assert list(inputs.of("a").train.labels) == list("abcd") and list(inputs.part("test").labels) == ["e", "f"]
    np.testing.assert_array_equal(inputs.x("all")["b"], X + 1)
    with pytest.raises(InputError, match=r"must have the same number of rows\. Received: a 6, b 5"):
        together({"a": data_of(X), "b": data_of(X[:5])})
    with pytest.raises(InputError, match=r"modules\.b holds out other rows .* Received: 3 rows, and 2 rows"):
        together({"a": data_of(X), "b": data_of(X, n=3)})


def test_the_picture_has_every_module_above_what_it_observes():
    observed = {"x": [], "y": [], "vae": ["x"], "gmm": ["vae"], "mlda": ["gmm", "y"]}
    places = places_of(observed)
    assert all(places[one][1] < places[name][1] for name, names in observed.items() for one in names)
    assert places["y"][1] == places["gmm"][1]  # just below the only one that observes it
    assert len(set(places.values())) == len(places)
    texts = [text.get_text() for text in network(dict.fromkeys(observed, "kind"), observed).axes[0].texts]
    assert sorted(texts) == sorted(f"{name}\n(kind)" for name in observed)


def test_a_table_is_not_taken_as_missing():
    data = data_of(X)
    table = dataclasses.replace(data, spec=dataclasses.replace(data.spec, table=TableSpec(())))
    inputs = together({"table": table, "other": data})
    assert np.isnan(inputs.without(name for name in ["other"]).x("train")["other"]).all()
    with pytest.raises(
        InputError, match="the observation table is a table, whose VAE fills missing values itself"
    ):
        inputs.without(["table"])
