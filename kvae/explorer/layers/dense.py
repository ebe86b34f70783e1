"""Dense layers."""

from kvae.exact.calls import Call
from kvae.explorer.layers.elementwise import activation
from kvae.explorer.translation import Step, Steps, of_layers


@of_layers("Dense")
def dense(call: Call) -> Steps:
    arrays = {"kernel": call.weight("kernel")}
    if call.layer.use_bias:
        arrays["bias"] = call.weight("bias")
    return [Step("dense", {}, arrays), *activation(call.layer.activation, call)]
