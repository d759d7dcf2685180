# SPDX-License-Identifier: MIT
"""Random configurations of layers and small models, and random data for them; numpy only.

A case is a dictionary that both sides read: options stand in the package's spelling. Case i of a seed depends on the
two numbers alone (a counter-based generator keyed by them), so any case can be drawn again by itself. DRAWS cases in a
row share a configuration and differ in data, masks and weights: Keras compiles once for all of them.

What is given lies on a grid of 1/64 within an int8: short to write, and exact in any float. An array is written as
{"shape", "grid" | "ids" | "mask" | "floats"}: the base64 of int8 (in 1/64), int8, uint8 and float32.
"""

import base64
from typing import Any

import numpy as np

DRAWS = 2
GRID = 64

UNITS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 20, 33]
FEATURES = [1, 2, 3, 4, 5, 8, 11, 16, 17]
ROWS = [1, 2, 3, 4, 5, 7, 9, 17]
STEPS = [1, 2, 3, 4, 5, 6, 7, 9, 12]
VOCABULARIES = [2, 3, 7, 20, 50]
GATES = ["sigmoid", "hard_sigmoid", "tanh", "softsign"]
STATES = ["tanh", "relu", "sigmoid", "linear", "elu", "softsign", "hard_sigmoid"]
ANY = [*STATES, "softmax", "exponential"]
MERGES = ["concat", "sum", "mul", "ave"]
RECURRENT = ["SimpleRNN", "LSTM", "GRU"]
PATTERNS = ["none", "pre", "post", "interior", "mixed"]


class Draw:
    """Random choices of one stream of a seed."""

    def __init__(self, seed: int, stream: int, index: int) -> None:
        self.rng = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64), counter=stream << 128))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < probability)

    def pick(self, values: list[Any]) -> Any:
        """One of the values."""
        return values[int(self.rng.integers(len(values)))]

    def small(self, values: list[int]) -> int:
        """One of an ascending list, the small ones more often."""
        return values[min(int(self.rng.integers(len(values))), int(self.rng.integers(len(values))))]

    def grid(self, shape: Any, scale: float, mean: float = 0.0) -> np.ndarray:
        """Normal values on the grid, as int8."""
        values = np.rint((self.rng.standard_normal(tuple(shape)) * scale + mean) * GRID)
        return np.asarray(np.clip(values, -127, 127), np.int8)


def recurrent(draw: Draw, return_sequences: bool, units: int | None = None) -> dict[str, Any]:
    """A recurrent layer with options of its own."""
    name = draw.pick(RECURRENT)
    config: dict[str, Any] = {"units": units or draw.small(UNITS), "returnSequences": return_sequences}
    if draw.chance(0.35):
        config["activation"] = draw.pick(STATES)
    if draw.chance(0.2):
        config["useBias"] = False
    if draw.chance(0.2):
        config["goBackwards"] = True
    if name != "SimpleRNN" and draw.chance(0.35):
        config["recurrentActivation"] = draw.pick(GATES)
    if name == "GRU" and draw.chance(0.5):
        config["resetAfter"] = False
    if name == "LSTM" and draw.chance(0.2):
        config["unitForgetBias"] = False
    return {"className": name, "config": config}


def bidirectional(draw: Draw, return_sequences: bool, merge_modes: list[Any] | None = None) -> dict[str, Any]:
    """A recurrent layer both ways, now and then with a backward layer of its own."""
    inner = recurrent(draw, return_sequences)
    config: dict[str, Any] = {"layer": inner, "mergeMode": draw.pick(merge_modes or MERGES)}
    inner["config"].pop("goBackwards", None)
    if draw.chance(0.2):
        other = recurrent(draw, return_sequences, inner["config"]["units"])
        other["config"]["goBackwards"] = True
        config["backwardLayer"] = other
    return {"className": "Bidirectional", "config": config}


def layer(name: str, **config: Any) -> dict[str, Any]:
    """A layer and its options."""
    return {"className": name, "config": config}


def conv1d(draw: Draw, steps: int, features: int) -> dict[str, Any]:
    """A convolution that leaves at least one step."""
    padding = draw.pick(["valid", "same", "causal"])
    groups = draw.pick([g for g in (1, 1, 2, 4) if features % g == 0])
    config: dict[str, Any] = {"filters": groups * draw.pick([1, 2, 3, 5]), "padding": padding, "groups": groups}
    limit = steps if padding == "valid" else 4
    config["kernelSize"] = draw.pick([k for k in (1, 2, 3, 4) if k <= limit])
    if draw.chance(0.35):
        config["strides"] = draw.pick([2, 3])
    elif draw.chance(0.35):
        rates = [d for d in (2, 3) if padding != "valid" or (config["kernelSize"] - 1) * d < steps]
        if rates:
            config["dilationRate"] = draw.pick(rates)
    if draw.chance(0.3):
        config["useBias"] = False
    if draw.chance(0.4):
        config["activation"] = draw.pick(STATES)
    return layer("Conv1D", **config)


def pool1d(draw: Draw, steps: int) -> dict[str, Any]:
    """A pool that leaves at least one step."""
    padding = draw.pick(["valid", "same"])
    config: dict[str, Any] = {"padding": padding}
    config["poolSize"] = draw.pick([p for p in (1, 2, 3) if padding == "same" or p <= steps])
    if draw.chance(0.5):
        config["strides"] = draw.pick([1, 2, 3])
    return layer(draw.pick(["MaxPooling1D", "AveragePooling1D"]), **config)


def global_pool(draw: Draw) -> dict[str, Any]:
    """A pool over all steps."""
    name = draw.pick(["GlobalMaxPooling1D", "GlobalAveragePooling1D"])
    return layer(name, keepdims=True) if draw.chance(0.3) else layer(name)


def normalization(draw: Draw) -> dict[str, Any]:
    """A normalization, now and then without one of its weights."""
    config: dict[str, Any] = {key: False for key in ("center", "scale") if draw.chance(0.15)}
    if draw.chance(0.3):
        config["epsilon"] = 0.01
    if draw.chance(0.5):
        return layer("LayerNormalization", **config)
    if draw.chance(0.3):
        config["momentum"] = 0.9
    return layer("BatchNormalization", **config)


def dense(draw: Draw, activations: list[str] | None = None) -> dict[str, Any]:
    """A dense layer."""
    config: dict[str, Any] = {"units": draw.small(UNITS)}
    if draw.chance(0.5):
        config["activation"] = draw.pick(activations or STATES)
    if draw.chance(0.2):
        config["useBias"] = False
    return layer("Dense", **config)


def single(draw: Draw) -> dict[str, Any]:
    """A layer by itself, called with an initial state, a mask, or twice."""
    kind = draw.pick(["recurrent", "recurrent", "recurrent", "bidirectional", "bidirectional", "other"])
    rows, steps, features = draw.pick(ROWS), draw.pick(STEPS), draw.pick(FEATURES)
    case: dict[str, Any] = {"kind": "call", "rows": rows, "inputShape": [steps, features], "calls": 1}
    if kind == "other":
        case["layers"] = [beside(draw, case)]
        return case
    sequences = draw.chance(0.5)
    made = recurrent(draw, sequences) if kind == "recurrent" else bidirectional(draw, sequences, [*MERGES, None])
    inner = [made["config"]] if kind == "recurrent" else [
        made["config"][key]["config"] for key in ("layer", "backwardLayer") if key in made["config"]
    ]  # fmt: skip
    more: dict[str, Any] = {}
    if draw.chance(0.5):
        more["returnState"] = True
    if draw.chance(0.2):
        more["stateful"] = True
        case["calls"] = 2
    if draw.chance(0.25):
        more["zeroOutputForMask"] = True
    if draw.chance(0.15):
        more |= {"dropout": 0.3, "recurrentDropout": 0.2}
    for config in inner:
        config |= more
    # Keras halves the list of states: both ways must have equally many.
    backward = made["config"].get("backwardLayer", made)["className"]
    alike = kind == "recurrent" or backward in ("Bidirectional", made["config"]["layer"]["className"])
    case["initialState"] = draw.chance(0.5) and alike
    case["mask"] = draw.chance(0.6)
    case["layers"] = [made]
    return case


def beside(draw: Draw, case: dict[str, Any]) -> dict[str, Any]:
    """Any other layer; sets the shape that it reads."""
    steps, features = case["inputShape"]
    choice = draw.pick(
        ["conv", "conv", "pool", "pool", "global", "norm", "norm", "repeat", "time", "masking", "embedding", "noise",
         "reshape", "flatten", "dense", "activation"]
    )  # fmt: skip
    if choice == "conv":
        return conv1d(draw, steps, features)
    if choice == "pool":
        return pool1d(draw, steps)
    if choice == "global":
        return global_pool(draw)
    if choice == "norm":
        if features in (2, 3):
            case["inputShape"][1] = 5
        return normalization(draw)
    if choice == "repeat":
        case["inputShape"] = [features]
        return layer("RepeatVector", n=draw.pick([1, 2, 3, 7]))
    if choice == "time":
        return layer("TimeDistributed", layer=dense(draw))
    if choice == "masking":
        return layer("Masking", maskValue=draw.pick([0, 0.5]))
    if choice == "embedding":
        case["inputShape"], case["tokens"] = [steps], draw.pick(VOCABULARIES)
        return layer("Embedding", inputDim=case["tokens"], outputDim=features, maskZero=draw.chance(0.5))
    if choice == "noise":
        return noise(draw)
    if choice == "reshape":
        return layer("Reshape", targetShape=draw.pick([[features, steps], [-1], [-1, 1], [1, -1], [steps * features]]))
    if choice == "flatten":
        return layer("Flatten")
    return dense(draw, ANY) if choice == "dense" else layer("Activation", activation=draw.pick(ANY))


def noise(draw: Draw) -> dict[str, Any]:
    """A layer that does nothing at inference."""
    return draw.pick([
        layer("Dropout", rate=0.4), layer("GaussianNoise", stddev=0.5), layer("SpatialDropout1D", rate=0.4)
    ])  # fmt: skip


class Stack:
    """A model under construction: its layers, and the shape so far."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.layers: list[dict[str, Any]] = []
        self.steps, self.features = draw.pick(STEPS), draw.pick(FEATURES)
        self.has_noise = False

    def add(self, made: dict[str, Any]) -> None:
        """Adds a layer that changes the features only, or a recurrent one."""
        self.layers.append(made)
        config = made["config"]
        if made["className"] == "TimeDistributed":
            config = config["layer"]["config"]
        if made["className"] == "Bidirectional":
            self.features = config["layer"]["config"]["units"] * (2 if config["mergeMode"] == "concat" else 1)
        else:
            self.features = config.get("units", self.features)

    def add_recurrent(self, return_sequences: bool) -> None:
        """Adds a recurrent layer, one way or both."""
        both = self.draw.chance(0.3)
        self.add(bidirectional(self.draw, return_sequences) if both else recurrent(self.draw, return_sequences))

    def add_conv(self) -> None:
        """Adds a convolution."""
        made = conv1d(self.draw, self.steps, self.features)
        config = made["config"]
        span = (config["kernelSize"] - 1) * config.get("dilationRate", 1) if config["padding"] == "valid" else 0
        self.steps = (self.steps - span - 1) // config.get("strides", 1) + 1
        self.features = config["filters"]
        self.layers.append(made)

    def add_pool(self) -> None:
        """Adds a pool."""
        made = pool1d(self.draw, self.steps)
        config = made["config"]
        span = config["poolSize"] - 1 if config["padding"] == "valid" else 0
        self.steps = (self.steps - span - 1) // config.get("strides", config["poolSize"]) + 1
        self.layers.append(made)

    def add_normalization(self) -> None:
        """Adds a normalization. Of two or three values near each other it is a step function: not of these."""
        if self.features in (2, 3):
            self.add(layer("Dense", units=5))
        self.layers.append(normalization(self.draw))

    def add_before(self) -> None:
        """What may stand before a recurrent layer."""
        draw = self.draw
        choice = draw.pick(["dense", "time", "norm", "conv", "pool", "convpool", "activation", "noise"])
        if choice == "dense":
            self.add(dense(draw))
        elif choice == "time":
            self.add(layer("TimeDistributed", layer=dense(draw)))
        elif choice == "norm":
            self.add_normalization()
        elif choice in ("conv", "convpool"):
            self.add_conv()
            if choice == "convpool":
                self.add_pool()
        elif choice == "pool":
            self.add_pool()
        elif choice == "activation":
            self.layers.append(layer("Activation", activation=draw.pick(STATES)))
        else:
            self.layers.append(noise(draw))
            self.has_noise = True

    def add_after_sequence(self) -> None:
        """What may end a model of sequences: outputs per step, whose masked steps no loss sees, or one per row."""
        draw = self.draw
        choice = draw.pick(["nothing", "dense", "time", "norm", "global", "global", "flatten", "conv", "reshape"])
        if choice == "dense":
            self.add(dense(draw))
        elif choice == "time":
            self.add(layer("TimeDistributed", layer=dense(draw)))
        elif choice == "norm":
            self.add_normalization()
        elif choice == "global":
            self.layers += [global_pool(draw), dense(draw, ["tanh", "linear"])]
        elif choice == "flatten":
            self.layers += [layer("Flatten"), dense(draw, ["tanh", "linear"])]
        elif choice == "conv":
            self.add_conv()
        elif choice == "reshape":
            self.layers += [layer("Reshape", targetShape=[-1]), dense(draw, ["tanh", "linear"])]


def model(draw: Draw) -> dict[str, Any]:
    """A small Sequential."""
    stack = Stack(draw)
    case: dict[str, Any] = {"kind": "model", "rows": draw.pick(ROWS), "inputShape": [stack.steps, stack.features], "calls": 1}
    if draw.chance(0.45):
        case["tokens"] = draw.pick(VOCABULARIES)
        case["inputShape"] = [stack.steps]
        stack.layers.append(
            layer("Embedding", inputDim=case["tokens"], outputDim=stack.features, maskZero=draw.chance(0.65))
        )
    elif draw.chance(0.5):
        stack.layers.append(layer("Masking", maskValue=draw.pick([0, 0, 0.5])))
    if draw.chance(0.35):
        stack.add_before()
    shape = draw.pick(["one", "one", "two", "two", "sequence", "sequence", "sequences", "decoder", "vector"])
    if shape in ("two", "sequences"):
        stack.add_recurrent(True)
        if draw.chance(0.2):
            stack.add_before()
    if shape in ("sequence", "sequences"):
        stack.add_recurrent(True)
        stack.add_after_sequence()
    else:
        stack.add_recurrent(False)
        if draw.chance(0.15):
            stack.add_normalization()
        if shape == "decoder":
            stack.layers.append(layer("RepeatVector", n=draw.pick([1, 2, 3, 5])))
            stack.add_recurrent(True)
            stack.layers.append(layer("TimeDistributed", layer=dense(draw, ["tanh", "linear"])))
        elif shape == "vector":
            stack.layers += [layer("Dense", units=6), layer("Reshape", targetShape=draw.pick([[3, 2], [2, -1], [6, 1]]))]
            stack.add_recurrent(draw.chance(0.5))
        elif draw.chance(0.7):
            stack.layers.append(dense(draw, ["tanh", "linear"]))
    case["layers"] = stack.layers
    end_forwards(stack.layers)
    if draw.chance(0.1):
        decorate(draw, stack.layers)
    if draw.chance(0.08):
        make_stateful(case)
    case["gradients"] = not stack.has_noise
    if any(made["className"] == "BatchNormalization" for made in stack.layers):
        # Deviations of one or two rows are near nothing: their inverse would magnify rounding.
        case["rows"] = max(case["rows"], 5)
        if case.get("tokens") == 2:
            # Of two words one is masked: there would be no deviation at all.
            case["tokens"] = case["layers"][0]["config"]["inputDim"] = 3
    return case


def end_forwards(layers: list[dict[str, Any]]) -> None:
    """Keeps a masked sequence that ends the model in the order of its mask.

    Going backwards, Keras returns the outputs in reverse and the mask as it was. Whatever reads the mask, losses above
    all, takes it so here too; but what stands at the steps that it then calls masked is left open.
    """
    is_masked = layers[0]["className"] == "Masking" or layers[0]["config"].get("maskZero")
    last = [made for made in layers if made["className"] in (*RECURRENT, "Bidirectional")][-1]["config"]
    if is_masked and last.get("returnSequences"):
        last.pop("goBackwards", None)


def decorate(draw: Draw, layers: list[dict[str, Any]]) -> None:
    """Penalties on weights or outputs, or a frozen layer."""
    made = draw.pick(layers)
    if made["className"] not in (*RECURRENT, "Dense", "Conv1D"):
        return
    choice = draw.pick(["kernelRegularizer", "biasRegularizer", "activityRegularizer", "trainable"])
    if made["className"] == "SimpleRNN" and choice == "activityRegularizer":
        # Keras 3.15 takes it and does nothing with it.
        choice = "kernelRegularizer"
    made["config"][choice] = False if choice == "trainable" else draw.pick(["l1", "l2", "l2"])
    if made["className"] in RECURRENT and draw.chance(0.5):
        made["config"]["recurrentRegularizer"] = draw.pick(["l1", "l2"])


def make_stateful(case: dict[str, Any]) -> None:
    """Every recurrent layer of the model goes on where it stopped."""
    case["calls"] = 2
    for made in case["layers"]:
        config = made["config"]
        for inner in [config, *[config[key]["config"] for key in ("layer", "backwardLayer") if key in config]]:
            if "returnSequences" in inner:
                inner["stateful"] = True


def configuration(seed: int, index: int) -> dict[str, Any]:
    """What case `index` is, without its numbers."""
    draw = Draw(seed, 0, index // DRAWS)
    return single(draw) if draw.chance(0.4) else model(draw)


def step_mask(draw: Draw, rows: int, steps: int) -> np.ndarray:
    """[rows, steps], 1 where a step counts: padding before, after or in between, now and then a whole row."""
    mask = np.ones((rows, steps), np.uint8)
    pattern = draw.pick(PATTERNS)
    for row in mask:
        kind = draw.pick(["pre", "post", "interior", "none"]) if pattern == "mixed" else pattern
        length = int(draw.rng.integers(0, steps))
        if kind == "pre":
            row[:length] = 0
        elif kind == "post":
            row[steps - length :] = 0
        elif kind == "interior":
            row[draw.rng.random(steps) < 0.4] = 0
        if pattern != "none" and draw.chance(0.08):
            row[:] = 0
    return mask


def inputs(draw: Draw, case: dict[str, Any]) -> np.ndarray:
    """Ids or values for one call; steps that a mask shall leave out hold 0 or the value to mask."""
    rows, shape = case["rows"], case["inputShape"]
    mask = step_mask(draw, rows, shape[0])
    if "tokens" in case:
        return (draw.rng.integers(min(1, case["tokens"] - 1), case["tokens"], (rows, *shape)) * mask).astype(np.int8)
    values = draw.grid((rows, *shape), 0.7)
    if case["layers"][0]["className"] == "Masking":
        values[mask == 0] = round(case["layers"][0]["config"]["maskValue"] * GRID)
    return values


def real(grid: np.ndarray) -> np.ndarray:
    """The values that a grid stands for."""
    return grid.astype(np.float64) / GRID


def weight(draw: Draw, path: str, shape: tuple[int, ...]) -> np.ndarray:
    """A value for a weight, of a size that keeps activations away from saturation, and never 0, where l1 has a corner."""
    if path.endswith("moving_variance"):
        return np.abs(draw.grid(shape, 0.3)) + np.int8(GRID // 2)
    if path.endswith("gamma"):
        return draw.grid(shape, 0.2, 1.0)
    if len(shape) == 1 or path.endswith("bias"):
        values = draw.grid(shape, 0.2)
    else:
        values = draw.grid(shape, 0.5 if path.endswith("embeddings") else 0.8 / float(np.prod(shape[:-1])) ** 0.5)
    values[values == 0] = 1
    return values


def pack(array: np.ndarray, kind: str) -> dict[str, Any]:
    """An array as both sides write it."""
    types = {"grid": np.int8, "ids": np.int8, "mask": np.uint8, "floats": "<f4"}
    data = np.asarray(array, types[kind]).tobytes()
    return {"shape": list(array.shape), kind: base64.b64encode(data).decode()}
