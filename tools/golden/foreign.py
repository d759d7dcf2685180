# SPDX-License-Identifier: MIT
"""Scenarios of recurrent layers that other projects test, computed anew: the RNN, GRU and LSTM operators of ONNX with
random weights through ONNX Runtime (float32), and the settings of Keras' own unit tests through Keras (float64).

A scenario holds its layer in Keras' terms: weights in Keras' layout, results in Keras' order of steps.
"""

from typing import Any

import onnx
import onnxruntime
from common import Draw, jax, keras, native, np, pack, write

SEED = 35
OPSET = 22

# ONNX' order of gates as Keras' order of blocks.
BLOCKS = {"RNN": [0], "GRU": [0, 1, 2], "LSTM": [0, 2, 3, 1]}
LAYER = {"RNN": "SimpleRNN", "GRU": "GRU", "LSTM": "LSTM"}
# (ONNX activation, its alpha and beta if it has any) of each of Keras' names.
ACTIVATIONS = {
    "tanh": ("Tanh", [], []),
    "sigmoid": ("Sigmoid", [], []),
    "relu": ("Relu", [], []),
    "softsign": ("Softsign", [], []),
    "elu": ("Elu", [1.0], []),
    "hard_sigmoid": ("HardSigmoid", [1 / 6], [0.5]),
}


def run_onnx(
    op: str, feeds: dict[str, np.ndarray], units: int, direction: str, activations: list[str], linear_before_reset: int
) -> list[np.ndarray]:
    """Y [T,D,N,H] and the final states [D,N,H] of one operator."""
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c"][: 7 if op == "LSTM" else 6]
    outputs = ["Y", "Y_h", "Y_c"] if op == "LSTM" else ["Y", "Y_h"]
    named = [ACTIVATIONS[a] for a in activations]
    attributes: dict[str, Any] = {
        "hidden_size": units,
        "direction": direction,
        "activations": [a[0] for a in named],
    }
    # Taken by those activations that have them, in order.
    for key, place in (("activation_alpha", 1), ("activation_beta", 2)):
        values = [value for activation in named for value in activation[place]]
        if values:
            attributes[key] = values
    if op == "GRU":
        attributes["linear_before_reset"] = linear_before_reset
    node = onnx.helper.make_node(op, [n if n in feeds else "" for n in names], outputs, **attributes)
    kinds = {k: onnx.TensorProto.INT32 if v.dtype == np.int32 else onnx.TensorProto.FLOAT for k, v in feeds.items()}
    graph = onnx.helper.make_graph(
        [node],
        op,
        [onnx.helper.make_tensor_value_info(k, kinds[k], v.shape) for k, v in feeds.items()],
        [onnx.helper.make_tensor_value_info(o, onnx.TensorProto.FLOAT, None) for o in outputs],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(outputs, feeds)


def keras_weights(
    op: str, w: np.ndarray, r: np.ndarray, b: np.ndarray | None, units: int, reset_after: bool
) -> list[np.ndarray]:
    """One direction's W [G*H,C], R [G*H,H] and B [2*G*H] as kernel, recurrent kernel and bias."""

    def ordered(rows: np.ndarray) -> np.ndarray:
        return np.concatenate([rows[g * units : (g + 1) * units] for g in BLOCKS[op]])

    weights = [ordered(w).T, ordered(r).T]
    if b is not None:
        of_inputs, of_states = ordered(b[: len(w)]), ordered(b[len(w) :])
        weights.append(np.stack([of_inputs, of_states]) if reset_after else of_inputs + of_states)
    return weights


def onnx_scenario(draw: Draw, op: str, name: str, **options: Any) -> dict[str, Any]:
    """Random weights, inputs and, if asked for, states; results turned into Keras' order of steps."""
    t, n, c, units = options.get("size", (5, 3, 2, 4))
    direction = options.get("direction", "forward")
    lengths = options.get("lengths")
    after = bool(options.get("linear_before_reset"))
    activation, gate_activation = options.get("activation", "tanh"), options.get("recurrent_activation", "sigmoid")
    both = direction == "bidirectional"
    d, gates = 2 if both else 1, len(BLOCKS[op])
    feeds: dict[str, np.ndarray] = {
        "X": draw.normal(t, n, c, scale=options.get("scale", 1.0)),
        "W": draw.normal(d, gates * units, c, scale=0.6),
        "R": draw.normal(d, gates * units, units, scale=0.5),
    }
    if options.get("bias", True):
        # Sixteenths, so that the sum of both biases is exact in float32.
        feeds["B"] = (np.round(draw.normal(d, 2 * gates * units, scale=0.4) * 16) / 16).astype(np.float32)
    if lengths is not None:
        feeds["sequence_lens"] = np.array(lengths, np.int32)
    if options.get("states"):
        feeds["initial_h"] = draw.normal(d, n, units, scale=0.5)
        if op == "LSTM":
            feeds["initial_c"] = draw.normal(d, n, units, scale=0.5)
    gated = [] if op == "RNN" else [gate_activation]
    per_direction = [*gated, activation, activation] if op == "LSTM" else [*gated, activation]
    y, *final = run_onnx(op, feeds, units, direction, per_direction * d, int(after))

    steps = y.transpose(2, 0, 1, 3)  # [N,T,D,H]
    backwards = direction == "reverse"
    sequences = steps.reshape(n, t, d * units)[:, ::-1] if backwards else steps.reshape(n, t, d * units)
    states = [feeds[k][i] for i in range(d) for k in ("initial_h", "initial_c") if k in feeds]
    weights = [
        w
        for i in range(d)
        for w in keras_weights(op, feeds["W"][i], feeds["R"][i], feeds["B"][i] if "B" in feeds else None, units, after)
    ]
    keep = None if lengths is None else (np.arange(t) < np.array(lengths)[:, None]).astype(int).ravel().tolist()
    layer_options: dict[str, Any] = {
        "units": units, "activation": activation, "useBias": "B" in feeds, "goBackwards": backwards,
        "returnSequences": True, "zeroOutputForMask": not both,
    }  # fmt: skip
    if op != "RNN":
        layer_options["recurrentActivation"] = gate_activation
    if op == "GRU":
        layer_options["resetAfter"] = after
    return {
        "name": f"ONNX {op}, {name}",
        "layer": LAYER[op],
        "options": layer_options,
        "bidirectional": {"mergeMode": "concat"} if both else None,
        "inputs": pack(feeds["X"].transpose(1, 0, 2)),
        "mask": keep,
        "initialStates": [pack(s) for s in states] if states else None,
        "weights": [pack(w) for w in weights],
        "constants": None,
        "calls": [{"reset": False, "results": [pack(sequences), *(pack(s[i]) for i in range(d) for s in final)]}],
    }  # fmt: skip


def onnx_scenarios(draw: Draw) -> list[dict[str, Any]]:
    """Directions, sequence lengths, states and activations of each operator, as in the tests of ONNX and its runtime."""
    common: list[tuple[str, dict[str, Any]]] = [
        ("forward", {}),
        ("reverse", {"direction": "reverse"}),
        ("bidirectional", {"direction": "bidirectional"}),
        ("one step", {"size": (1, 2, 3, 5)}),
        ("without bias", {"bias": False}),
        ("states given", {"states": True}),
        ("lengths", {"lengths": [5, 2, 3]}),
        ("lengths, reverse, states given", {"lengths": [3, 5, 1], "direction": "reverse", "states": True}),
        ("lengths, bidirectional, states given", {"lengths": [2, 1, 5], "direction": "bidirectional", "states": True}),
        ("a length of zero in the middle", {"lengths": [2, 0, 5]}),
        ("relu", {"activation": "relu"}),
    ]
    gated: list[tuple[str, dict[str, Any]]] = [
        ("softsign and hard sigmoid", {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}),
        ("gates by tanh, elu", {"activation": "elu", "recurrent_activation": "tanh", "states": True}),
        ("inputs near 1e20", {"scale": 1e20, "size": (3, 2, 2, 3)}),
        ("seventeen units", {"size": (4, 2, 3, 17)}),
    ]
    result = [onnx_scenario(draw, "RNN", name, **options) for name, options in common]
    result += [onnx_scenario(draw, "LSTM", name, **options) for name, options in common + gated]
    for after in (0, 1):
        result += [
            onnx_scenario(draw, "GRU", f"{name}, linear_before_reset {after}", linear_before_reset=after, **options)
            for name, options in common + gated
        ]
    return result


CONSTANTS = [0.01, 0.02, 0.03]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def keras_scenario(
    cell: str, name: str, units: int, shape: tuple[int, ...], *, mask: Any = None, states: list[int] | None = None,
    merge: Any = False, calls: tuple[bool, ...] = (False,), backward: list[float] | None = None, **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """One setting of Keras' tests: constant weights, inputs that count from 0. `calls`: whether to reset before each.

    `states` are the factors of initial states that count from 0 as well; `merge` the mode of a bidirectional layer, False
    for none; `backward` the constants of its second layer.
    """

    def constant(values: list[float]) -> dict[str, Any]:
        of = [keras.initializers.Constant(v) for v in values]
        return dict(zip(("kernel_initializer", "recurrent_initializer", "bias_initializer"), of))

    make = getattr(keras.layers, cell)
    # Keras 3.15 fails to give the states of a stateful bidirectional layer.
    shown = {"return_state": not (options.get("stateful") and merge is not False)}
    layer = make(units, **shown, **constant(CONSTANTS), **options)
    if merge is not False:
        second = None
        if backward:
            second = make(units, go_backwards=True, **shown, **constant(backward), **options)
        layer = keras.layers.Bidirectional(layer, merge_mode=merge, backward_layer=second)
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    layer.build(x.shape)
    for variable in layer.trainable_variables:
        variable.assign(np.asarray(variable).astype(np.float32))  # constants as float32 holds them
    given = None
    if states:
        given = [np.arange(shape[0] * units, dtype=np.float32).reshape(shape[0], units) * f for f in states]
    kwargs: dict[str, Any] = {}
    if mask is not None:
        kwargs["mask"] = jax.numpy.asarray(mask, bool)
    if given is not None:
        kwargs["initial_state"] = [native(s) for s in given]
    results = []
    for reset in calls:
        if reset:
            layer.reset_state()
        given_back = layer(native(x), **kwargs)
        given_back = given_back if isinstance(given_back, (list, tuple)) else [given_back]
        results.append({"reset": reset, "results": [pack(r) for r in given_back]})
    return {
        "name": f"Keras {cell}, {name}",
        "layer": cell,
        "options": {"units": units, **{camel(k): v for k, v in options.items()}},
        "bidirectional": None if merge is False else {"mergeMode": merge},
        "inputs": pack(x),
        "mask": None if mask is None else np.asarray(mask, int).ravel().tolist(),
        "initialStates": None if given is None else [pack(s) for s in given],
        # Trainable: a stateful layer's states stand among its other variables.
        "weights": [pack(w) for w in layer.trainable_variables],
        "constants": {"forward": CONSTANTS, "backward": backward},
        "calls": results,
    }


def keras_scenarios() -> list[dict[str, Any]]:
    """keras/src/layers/rnn/{simple_rnn,lstm,gru,bidirectional}_test.py."""
    result = []
    holes = [[1, 1, 0, 1], [1, 0, 0, 1]]
    right = [[1, 1, 1, 0], [1, 1, 0, 0]]
    left = [[0, 1, 1, 1], [0, 0, 1, 1]]
    plain = {"SimpleRNN": (4, (2, 3, 4)), "LSTM": (3, (3, 6, 4)), "GRU": (3, (3, 6, 4))}
    for cell, (units, shape) in plain.items():
        masks = [("right", right), ("left", left)] if cell == "LSTM" else [("inner", holes)]
        gate = [1, 1] if cell == "LSTM" else [1]
        result += [
            keras_scenario(cell, "as it is", units, shape),
            keras_scenario(cell, "backwards", units, shape, go_backwards=True),
            keras_scenario(cell, "unrolled", units, shape, unroll=True),
            keras_scenario(cell, "without bias", units, shape, use_bias=False),
            keras_scenario(cell, "stateful", 4, (2, 3, 4), stateful=True, calls=(False, False, True, False)),
            keras_scenario(cell, "state given", 2, (2, 4, 3), states=gate),
            keras_scenario(cell, "state given, backwards", 2, (2, 4, 3), states=gate, go_backwards=True),
        ]
        for where, mask in masks:
            result += [
                keras_scenario(cell, f"{where} steps masked", 2, (2, 4, 3), mask=mask),
                keras_scenario(
                    cell, f"{where} steps masked, sequences", 2, (2, 4, 3), mask=mask, return_sequences=True
                ),
                keras_scenario(
                    cell, f"{where} steps masked, sequences with zeros", 2, (2, 4, 3), mask=mask, return_sequences=True,
                    zero_output_for_mask=True,
                ),
                keras_scenario(cell, f"{where} steps masked, backwards", 2, (2, 4, 3), mask=mask, go_backwards=True),
            ]  # fmt: skip
    result += [
        keras_scenario("LSTM", "without unit forget bias", 3, (3, 6, 4), unit_forget_bias=False),
        keras_scenario("GRU", "reset before", 3, (3, 6, 4), reset_after=False),
        keras_scenario("SimpleRNN", "both ways, concat", 2, (2, 3, 4), merge="concat"),
        keras_scenario("SimpleRNN", "both ways, ave", 2, (2, 3, 4), merge="ave"),
        keras_scenario("SimpleRNN", "both ways, not merged", 2, (2, 3, 4), merge=None),
        keras_scenario("SimpleRNN", "both ways, mul, another backward layer", 2, (2, 3, 4), merge="mul", backward=[0.03, 0.02, 0.01]),
        keras_scenario("GRU", "both ways, sum of sequences", 2, (2, 3, 4), merge="sum", return_sequences=True),
        keras_scenario("LSTM", "both ways, stateful", 2, (2, 4, 3), merge="concat", stateful=True, calls=(False, False, True, False)),
        keras_scenario("LSTM", "both ways, states given", 2, (2, 4, 3), merge="concat", states=[1, 2, 3, 4]),
        keras_scenario("LSTM", "both ways", 2, (2, 4, 3), merge="concat"),
        keras_scenario("GRU", "both ways, masked", 2, (2, 4, 3), merge="concat", mask=holes),
        keras_scenario("GRU", "both ways, masked, sequences", 2, (2, 4, 3), merge="sum", mask=holes, return_sequences=True),
    ]  # fmt: skip
    return result


def main() -> None:
    versions = {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
    write("foreign", SEED, {"onnx": versions, "scenarios": onnx_scenarios(Draw(SEED)) + keras_scenarios()})


main()
