"""Functions of single values, and of two."""

from typing import Any

import numpy as np

from kvae.exact.calls import Call
from kvae.explorer.translation import Step, Steps, UntranslatedError, axis_of, of_layers, of_operations

# Names of functions in the page, by their names in Keras.
FUNCTIONS = {
    **{"relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "softplus"},
    **{"exp": "exp", "exponential": "exp", "elu": "elu", "selu": "selu", "gelu": "gelu", "silu": "silu"},
    **{"swish": "silu", "leaky_relu": "leaky_relu", "softsign": "softsign", "mish": "mish", "log": "log"},
    **{"hard_sigmoid": "hard_sigmoid", "log_sigmoid": "log_sigmoid", "log1p": "log1p", "expm1": "expm1"},
    **{"negative": "negative", "absolute": "absolute", "square": "square", "sqrt": "sqrt", "rsqrt": "rsqrt"},
    **{"sinh": "sinh", "cosh": "cosh", "arcsinh": "arcsinh", "erf": "erf", "sign": "sign", "floor": "floor"},
    **{"round": "round", "reciprocal": "reciprocal"},
}
BY_CLASS = {name.replace("_", ""): function for name, function in FUNCTIONS.items()}
PAIRS = {
    **{"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "TrueDivide": "divide"},
    **{"Maximum": "maximum", "Minimum": "minimum", "Power": "power", "GreaterEqual": "greater_equal"},
    **{"Greater": "greater", "Less": "less", "LessEqual": "less_equal", "LogicalAnd": "multiply"},
}


def function(name: str, **settings: Any) -> Step:
    """A function of every value."""
    return Step("map", {"function": name, **settings})


def softmax(axis: int, log: bool) -> Step:
    """Softmax, or its logarithm, along an axis of a row."""
    return Step("softmax", {"axis": axis, "log": log})


def with_constant(name: str, values: Any, first: bool = False) -> Step:
    """A function of every value and of a constant, broadcast to a row; `first` puts the constant first."""
    return Step("pair", {"function": name, "constant_first": first}, {"constant": np.asarray(values)})


def activation(chosen: Any, call: Call) -> Steps:
    """The steps of a layer's `activation`.

    Raises:
        UntranslatedError: For a function that the page does not have.
    """
    if chosen is None:
        return []
    home, name = getattr(chosen, "__module__", None) or "", getattr(chosen, "__name__", "")
    if home.startswith("keras.") and name == "linear":
        return []
    if home.startswith("keras.") and name in ("softmax", "log_softmax"):
        return [softmax(len(call.output_shape) - 1, name == "log_softmax")]
    if not home.startswith("keras.") or name not in FUNCTIONS:
        raise UntranslatedError(f"has the activation {name or type(chosen).__name__}")
    # By default `keras.ops.gelu` is approximate, and `keras.activations.gelu` is exact.
    settings = {"approximate": ".activations." not in home} if name == "gelu" else {}
    return [function(FUNCTIONS[name], **settings)]


@of_layers("Activation")
def activation_layer(call: Call) -> Steps:
    return activation(call.layer.activation, call)


@of_layers("ReLU")
def relu_layer(call: Call) -> Steps:
    layer = call.layer
    largest = None if layer.max_value is None else float(layer.max_value)
    slope, threshold = float(layer.negative_slope or 0.0), float(layer.threshold or 0.0)
    return [function("relu", slope=slope, threshold=threshold, largest=largest)]


@of_layers("LeakyReLU")
def leaky_relu_layer(call: Call) -> Steps:
    return [function("leaky_relu", slope=float(call.layer.negative_slope))]


@of_layers("ELU")
def elu_layer(call: Call) -> Steps:
    return [function("elu", alpha=float(call.layer.alpha))]


@of_layers("PReLU")
def prelu_layer(call: Call) -> Steps:
    return [with_constant("slope", call.weight("alpha"))]


@of_layers("Softmax")
def softmax_layer(call: Call) -> Steps:
    return [softmax(axis_of(call.layer.axis, call), False)]


@of_operations("Softmax", "LogSoftmax")
def softmax_operation(call: Call) -> Steps:
    return [softmax(axis_of(call.layer.axis, call), type(call.layer).__name__ == "LogSoftmax")]


@of_operations(
    *("Relu", "Relu6", "Sigmoid", "Tanh", "Softplus", "Exp", "Elu", "Selu", "Gelu", "Silu", "LeakyRelu"),
    *("Softsign", "Mish", "Log", "HardSigmoid", "LogSigmoid", "Log1p", "Expm1", "Negative", "Absolute"),
    *("Square", "Sqrt", "Rsqrt", "Sinh", "Cosh", "Arcsinh", "Erf", "Sign", "Floor", "Reciprocal"),
)
def function_operation(call: Call) -> Steps:
    layer = call.layer
    if len(call.arguments) + len(call.keywords) != 1:
        raise UntranslatedError(f"calls {type(layer).__name__} with more than its input")
    own = {"negative_slope": "slope", "alpha": "alpha", "approximate": "approximate"}
    settings = {new: getattr(layer, name) for name, new in own.items() if hasattr(layer, name)}
    return [function(BY_CLASS[type(layer).__name__.lower()], **settings)]


@of_operations("Clip")
def clip(call: Call) -> Steps:
    least, most = (float(it) for it in (call.layer.x_min, call.layer.x_max))
    return [function("clip", least=least, most=most)]


@of_operations(*PAIRS)
def pair(call: Call) -> Steps:
    name, rank = PAIRS[type(call.layer).__name__], len(call.output_shape)
    arguments = [*call.arguments, *call.keywords.values()]
    places = [is_input(it) for it in arguments]
    if len(arguments) != 2 or not any(places):
        raise UntranslatedError(f"calls {type(call.layer).__name__} with {len(arguments)} arguments")
    if all(places):
        if len({len(shape) for shape in call.shapes}) > 1:
            raise UntranslatedError(f"has inputs of different numbers of axes in {type(call.layer).__name__}")
        return [Step("pair", {"function": name})]
    constant = of_rows(arguments[places.index(False)], rank)
    if len(call.shapes[0]) != rank:
        raise UntranslatedError(f"adds axes in {type(call.layer).__name__}")
    return [with_constant(name, constant, first=not places[0])]


@of_operations("Where")
def where(call: Call) -> Steps:
    arguments = [*call.arguments, *call.keywords.values()]
    rank, inputs = len(call.output_shape), iter(range(len(call.shapes)))
    places = [next(inputs) if is_input(it) else None for it in arguments]
    constants = {
        f"constant_{i}": of_rows(it, rank)
        for i, (it, place) in enumerate(zip(arguments, places, strict=True))
        if place is None
    }
    if any(len(shape) != rank for shape in call.shapes):
        raise UntranslatedError("has inputs of different numbers of axes in Where")
    return [Step("where", {"places": places}, constants)]


@of_operations("ZerosLike")
def zeros(call: Call) -> Steps:
    return [with_constant("multiply", 0.0)]


def is_input(argument: Any) -> bool:
    """Whether an argument of a call is a symbolic tensor."""
    return type(argument).__name__ == "KerasTensor"


def of_rows(argument: Any, rank: int) -> np.ndarray:
    """A constant that can be broadcast to a row with `rank` axes.

    Raises:
        UntranslatedError: When it is no array of numbers, or differs between rows.
    """
    try:
        values = np.asarray(argument).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise UntranslatedError(f"computes with {type(argument).__name__}") from error
    if values.ndim == rank + 1 and values.shape[0] == 1:
        values = values[0]
    if values.ndim > rank:
        raise UntranslatedError("computes with constants that differ between rows")
    return values


@of_layers("Rescaling")
def rescaling(call: Call) -> Steps:
    rank = len(call.shapes[0])
    scale, offset = (of_rows(it, rank) for it in (call.layer.scale, call.layer.offset))
    return [with_constant("multiply", scale), with_constant("add", offset)]


@of_layers(
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout"),
    *("AlphaDropout", "ActivityRegularization", "Identity"),
)
def same_layer(call: Call) -> Steps:
    return []


@of_operations("Cast", "StopGradient", "Copy", "Identity")
def same(call: Call) -> Steps:
    if type(call.layer).__name__ == "Cast" and not str(call.layer.dtype).startswith(("float", "bfloat")):
        raise UntranslatedError(f"casts floats to {call.layer.dtype}")
    return []


@of_layers("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average")
def merging(call: Call) -> Steps:
    kind = type(call.layer).__name__
    if len({len(shape) for shape in call.shapes}) > 1:
        raise UntranslatedError(f"has inputs of different numbers of axes in {kind}")
    first = [Step("pair", {"function": PAIRS.get(kind, "add")})]
    return [*first, with_constant("divide", len(call.shapes))] if kind == "Average" else first
