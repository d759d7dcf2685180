# SPDX-License-Identifier: MIT
"""Random graphs of layers, and random data for them; numpy only (see cases.py).

A graph is a recipe as tools/golden/graph_models.py describes it. It is drawn call by call: each reads tensors that are
there, with a layer of its own or with one that another call uses too; what no output depends on is dropped at the end.

Left out is what Keras gets wrong, or does otherwise by design (docs/keras_differences.md):

- `Slice` of a range of a masked sequence, whose mask Keras loses; `Softmax` of one, whose mask it takes for the features';
- `Permute` that moves nothing, which hands the mask on, on JAX alone;
- averages and attention where all timesteps of a row are masked: NaN in Keras, and numbers that depend on its float type;
- `UnitNormalization` and `Dot` with `normalize` of a row of zeros, whose gradient is NaN in Keras on JAX;
- an `activityRegularizer` of `SimpleRNN`, which Keras drops, and of the layer within `TimeDistributed`;
- `valueDim` of `MultiHeadAttention`, which fails in Keras on JAX where scores are not returned;
- masks of broadcast merges of which one has one timestep; an output that is an input, inputs that are not read;
- a mask that is an input of unknown timesteps, which the package refuses.

Masks that turn round with the outputs of a walk in reverse, `zeroOutputForMask`, masks where states are handed over, and
those that `MultiHeadAttention` takes away are corrected in Keras (tools/golden/corrected.py).
"""

from typing import Any

from cases import GRID, Draw, layer, np, pack, step_mask

UNITS = [1, 2, 3, 4, 5, 6]
ACTIVATIONS = ["tanh", "tanh", "sigmoid", "softsign", "linear", "elu", "softmax"]
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
RECURRENT = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}
CALLS = [3, 4, 5, 6, 7, 8, 9, 11]


class Tensor:
    """A tensor of the graph: ids [N,T], a vector [N,C], a sequence [N,T,C], parts [N,P,T,C] or a mask [N,T]."""

    def __init__(self, name: str, kind: str, steps: Any = None, features: int = 0, masked: bool = False) -> None:
        self.name, self.kind, self.steps, self.features, self.masked = name, kind, steps, features, masked


class Net:
    """A graph under construction. Within a model that is a layer, timesteps are those of its inputs, and not known."""

    def __init__(self, draw: Draw, is_inner: bool = False) -> None:
        self.draw, self.is_inner = draw, is_inner
        self.inputs: list[dict[str, Any]] = []
        self.layers: dict[str, Any] = {}
        self.calls: list[dict[str, Any]] = []
        self.tensors: list[Tensor] = []
        self.shared: list[tuple[str, Any]] = []
        self.count = 0
        self.needs_steps = is_inner
        # What data must not have.
        self.no_empty_rows = self.padded_behind = False

    # Inputs

    def add_input(self, kind: str, steps: Any = None, features: int = 0, masked: bool = False, **more: Any) -> Tensor:
        """An input; `steps` within a model is the index of the input."""
        name = f"in{len(self.inputs)}"
        size = [None if self.is_inner else steps]
        shape = {"ids": size, "mask": size, "vector": [features], "sequence": [*size, features], "parts": [2, *size, features]}
        self.inputs.append(
            {"name": name, "shape": shape[kind], "dtype": "int32" if kind == "ids" else "float32", "kind": kind, **more}
        )
        made = Tensor(name, kind, steps, features, masked)
        self.tensors.append(made)
        return made

    # Calls

    def call(self, made: Any, inputs: list[Tensor], *gives: Tensor, **options: Any) -> None:
        """A call of a new layer, or of one by its name."""
        if not isinstance(made, str):
            name, made = f"l{len(self.layers)}", made
            self.layers[name] = made
            made = name
        self.calls.append({"layer": made, "inputs": [t.name for t in inputs], **options, "gives": [t.name for t in gives]})
        self.tensors += gives
        self.last = made

    def tensor(self, kind: str, steps: Any = None, features: int = 0, masked: bool = False) -> Tensor:
        """One that a call is to give."""
        self.count += 1
        return Tensor(f"t{self.count}", kind, steps, features, masked)

    def like(self, of: Tensor, **changes: Any) -> Tensor:
        """One as another, but for some properties."""
        made = self.tensor(of.kind, of.steps, of.features, of.masked)
        made.__dict__.update(changes)
        return made

    def pick(self, kind: str, **wanted: Any) -> Tensor | None:
        """A tensor of a kind, the later ones more often."""
        found = [
            t for t in self.tensors if t.kind in kind.split() and all(getattr(t, k) == v for k, v in wanted.items())
        ]
        if not found:
            return None
        return found[max(int(self.draw.rng.integers(len(found))), int(self.draw.rng.integers(len(found))))]

    def reuse(self, kind: str, features: int) -> str | None:
        """A layer that reads such features already."""
        found = [name for key, name in self.shared if key == (kind, features)]
        return self.draw.pick(found) if found and self.draw.chance(0.4) else None

    def share(self, kind: str, features: int) -> None:
        """Lets other calls use the layer of the last one."""
        self.shared.append(((kind, features), self.last))

    def decorated(self, made: dict[str, Any]) -> dict[str, Any]:
        """Penalties, or a frozen layer, now and then."""
        draw, config = self.draw, made["config"]
        if draw.chance(0.06):
            config["trainable"] = False
        elif draw.chance(0.06):
            config["kernelRegularizer"] = draw.pick(["l1", "l2"])
        elif draw.chance(0.05) and made["className"] != "SimpleRNN":
            config["activityRegularizer"] = draw.pick(["l1", "l2"])
        return made

    def embedding(self) -> bool:
        x = self.pick("ids")
        if x is None:
            return False
        name = self.reuse("embedding", 0)
        if name is None:
            made = layer("Embedding", inputDim=9, outputDim=self.draw.pick(UNITS), maskZero=self.draw.chance(0.65))
            self.call(made, [x], self.tensor("sequence", x.steps, made["config"]["outputDim"], made["config"]["maskZero"]))
            self.share("embedding", 0)
        else:
            config = self.layers[name]["config"]
            self.call(name, [x], self.tensor("sequence", x.steps, config["outputDim"], config["maskZero"]))
        return True

    def masking(self) -> bool:
        found = [t for t in self.tensors if t.kind == "sequence" and t.name.startswith("in") and not self.is_inner]
        if not found:
            return False
        x = self.draw.pick(found)
        self.call(layer("Masking", maskValue=0), [x], self.like(x, masked=True))
        return True

    def dense(self) -> bool:
        draw, x = self.draw, self.pick("vector sequence sequence parts")
        if x is None:
            return False
        name = self.reuse("dense", x.features)
        if name is None:
            config: dict[str, Any] = {"units": draw.pick(UNITS)}
            if draw.chance(0.7):
                config["activation"] = draw.pick(ACTIVATIONS)
            if draw.chance(0.15):
                config["useBias"] = False
            self.call(self.decorated(layer("Dense", **config)), [x], self.like(x, features=config["units"]))
            self.share("dense", x.features)
        else:
            self.call(name, [x], self.like(x, features=self.layers[name]["config"]["units"]))
        return True

    # Recurrent layers

    def cell(self, units: int, name: str | None = None, **config: Any) -> dict[str, Any]:
        draw = self.draw
        name = name or draw.pick(list(RECURRENT))
        config = {"units": units, **config}
        if draw.chance(0.2):
            config["activation"] = draw.pick(["tanh", "sigmoid", "softsign", "relu"])
        if draw.chance(0.15):
            config["useBias"] = False
        if name == "GRU" and draw.chance(0.4):
            config["resetAfter"] = False
        if draw.chance(0.15):
            config["zeroOutputForMask"] = True
        return layer(name, **config)

    def run(self, name: str | None, made: dict[str, Any] | None, x: Tensor, **options: Any) -> None:
        """A call of a recurrent layer, one way or both."""
        known = made or self.layers[name or ""]
        config = known["config"]
        inner = config["layer"]["config"] if known["className"] == "Bidirectional" else config
        kind = config["layer"]["className"] if known["className"] == "Bidirectional" else known["className"]
        both = known["className"] == "Bidirectional"
        width = inner["units"] * (2 if both and config["mergeMode"] == "concat" else 1)
        masked = x.masked or "mask" in options
        is_sequence = inner["returnSequences"]
        gives = [self.tensor("sequence", x.steps, width, masked) if is_sequence else self.tensor("vector", None, width)]
        if inner.get("returnState"):
            gives += [self.tensor("vector", None, inner["units"]) for _ in range(RECURRENT[kind] * (2 if both else 1))]
        self.call(name or known, [x], *gives, **options)

    def recurrent(self) -> bool:
        draw, x = self.draw, self.pick("sequence")
        if x is None:
            return False
        name = self.reuse("recurrent", x.features)
        if name is not None:
            self.run(name, None, x, **self.states_for(self.layers[name], draw.chance(0.5)))
            return True
        both = draw.chance(0.3)
        start = self.pick("vector")
        units = start.features if start is not None and start.features < 9 and draw.chance(0.5) else draw.pick(UNITS)
        options: dict[str, Any] = {"returnSequences": draw.chance(0.55)}
        if draw.chance(0.35):
            options["returnState"] = True
        if draw.chance(0.25) and not both:
            options["goBackwards"] = True
        made = self.decorated(self.cell(units, **options))
        if both:
            made["config"].pop("activityRegularizer", None)
            made = layer("Bidirectional", layer=made, mergeMode=draw.pick(["concat", "sum", "mul", "ave"]))
        more = self.states_for(made, draw.chance(0.6))
        mask = self.pick("mask", steps=x.steps) if x.steps is not None else None
        if mask is not None and draw.chance(0.7):
            more["mask"] = mask.name
        self.run(None, made, x, **more)
        self.share("recurrent", x.features)
        return True

    def states_for(self, made: dict[str, Any], wanted: bool) -> dict[str, Any]:
        """Vectors that fit as states, where there are any."""
        both = made["className"] == "Bidirectional"
        inner = made["config"]["layer"] if both else made
        count = RECURRENT[inner["className"]] * (2 if both else 1)
        found = [t for t in self.tensors if t.kind == "vector" and t.features == inner["config"]["units"]]
        if not wanted or not found:
            return {}
        # States that one layer returned stay together where they are as many.
        first = int(self.draw.rng.integers(len(found)))
        return {"initialState": [found[(first + i) % len(found)].name for i in range(count)]}

    def stack(self) -> bool:
        """Cells upon each other."""
        draw, x = self.draw, self.pick("sequence")
        if x is None:
            return False
        cells = []
        for _ in range(draw.pick([1, 2, 2, 3])):
            made = self.cell(draw.pick(UNITS))
            made["config"].pop("zeroOutputForMask", None)
            cells.append({**made, "className": f"{made['className']}Cell"})
        config = {"cell": cells if len(cells) > 1 else cells[0], "returnSequences": draw.chance(0.5)}
        if draw.chance(0.3):
            config["goBackwards"] = True
        if draw.chance(0.15):
            config["activityRegularizer"] = "l2"
        width = cells[-1]["config"]["units"]
        given = self.like(x, features=width) if config["returnSequences"] else self.tensor("vector", None, width)
        self.call(layer("RNN", **config), [x], given)
        return True

    # Joins

    def merge(self) -> bool:
        draw, x = self.draw, self.pick("sequence sequence vector")
        if x is None:
            return False
        fits = [t for t in self.tensors if t is not x and t.kind in ("vector", "sequence") and self.broadcasts(x, t)]
        if not fits:
            return False
        name = draw.pick(MERGES)
        read = [x, draw.pick(fits)]
        if name != "Subtract" and draw.chance(0.3):
            third = draw.pick(fits)
            if self.broadcasts(read[1], third):
                read.append(third)
        if draw.chance(0.5):
            read.reverse()
        sequences = [t for t in read if t.kind == "sequence"]
        steps = next((t.steps for t in sequences if t.steps != 1), 1 if sequences else None)
        features = max(t.features for t in read)
        masked = any(t.masked for t in read)
        self.call(layer(name), read, self.tensor("sequence" if sequences else "vector", steps, features, masked))
        return True

    def broadcasts(self, a: Tensor, b: Tensor) -> bool:
        if a.features != b.features and 1 not in (a.features, b.features):
            return False
        if a.kind != b.kind or a.kind == "vector" or a.steps == b.steps:
            return True
        return not self.is_inner and 1 in (a.steps, b.steps) and not (a.masked or b.masked)

    def concatenate(self) -> bool:
        draw, x = self.draw, self.pick("sequence sequence vector ids")
        if x is None:
            return False
        if x.kind == "vector" or (x.kind == "sequence" and draw.chance(0.5)):
            fits = [t for t in self.tensors if t.kind == x.kind and t.steps == x.steps]
            read = [x, *(draw.pick(fits) for _ in range(draw.pick([1, 1, 2])))]
            features = sum(t.features for t in read)
            if features > 12:
                return False
            masked = any(t.masked for t in read)
            self.call(layer("Concatenate", axis=-1), read, self.tensor(x.kind, x.steps, features, masked))
            return True
        if self.is_inner:
            return False
        fits = [t for t in self.tensors if t.kind == x.kind and t.features == x.features]
        read = [x, *(draw.pick(fits) for _ in range(draw.pick([1, 1, 2])))]
        steps = sum(t.steps for t in read)
        if steps > 12:
            return False
        self.call(layer("Concatenate", axis=1), read, self.tensor(x.kind, steps, x.features, any(t.masked for t in read)))
        return True

    def dot(self) -> bool:
        draw, x = self.draw, self.pick("sequence vector")
        if x is None:
            return False
        fits = [t for t in self.tensors if t.kind in ("sequence", "vector") and t.features == x.features]
        y = draw.pick(fits)
        if x.kind == "vector" and y.kind == "vector":
            self.call(layer("Dot", axes=1), [x, y], self.tensor("vector", None, 1))
        elif x.kind == "sequence" and y.kind == "sequence":
            if self.is_inner or y.steps > 6 or x.steps > 6:
                return False
            self.needs_steps = True
            self.call(layer("Dot", axes=2), [x, y], self.tensor("sequence", x.steps, y.steps))
        else:
            sequence, vector = (x, y) if x.kind == "sequence" else (y, x)
            if self.is_inner:
                return False
            self.needs_steps = True
            self.call(layer("Dot", axes=[2, 1]), [sequence, vector], self.tensor("vector", None, sequence.steps))
        return True

    # Attention

    def attention(self) -> bool:
        draw = self.draw
        query = self.pick("sequence")
        if query is None:
            return False
        name = draw.pick(["Attention", "AdditiveAttention", "MultiHeadAttention", "MultiHeadAttention"])
        others = [t for t in self.tensors if t.kind == "sequence" and (name[0] == "M" or t.features == query.features)]
        key = draw.pick(others)
        values = [t for t in self.tensors if t.kind == "sequence" and t.steps == key.steps]
        value = draw.pick(values) if draw.chance(0.5) else key
        if self.is_inner and not (query.steps == key.steps == value.steps):
            return False
        config: dict[str, Any] = {}
        width = value.features
        if name == "Attention":
            config["useScale"] = draw.chance(0.5)
            config["scoreMode"] = draw.pick(["dot", "dot", "concat"])
        elif name == "AdditiveAttention":
            config["useScale"] = draw.chance(0.7)
        else:
            config = {"numHeads": draw.pick([1, 2, 3]), "keyDim": draw.pick([1, 2, 3])}
            width = query.features
            if draw.chance(0.3):
                width = config["outputShape"] = draw.pick(UNITS)
            if draw.chance(0.2):
                config["useBias"] = False
        read = [query, value] if value is key else [query, value, key]
        options: dict[str, Any] = {}
        causal = draw.chance(0.25)
        if causal:
            options["useCausalMask"] = True
        if value.masked or key.masked or query.masked:
            self.no_empty_rows = True
            self.padded_behind |= causal
        given = self.tensor("sequence", query.steps, width, query.masked)
        more = {"options": options} if options else {}
        self.call(layer(name, **config), read, given, **more)
        return True

    # What changes steps

    def moved(self) -> bool:
        draw, x = self.draw, self.pick("sequence sequence ids")
        if x is None or self.is_inner:
            return False
        name = draw.pick(["Slice", "Slice", "Cropping1D", "ZeroPadding1D", "UpSampling1D", "Permute", "MaxPooling1D",
                          "AveragePooling1D", "Conv1D", "Conv1D"])  # fmt: skip
        steps, features = x.steps, x.features
        if x.kind == "ids" and name != "Slice":
            # Keras refuses them.
            return False
        kept = self.like(x, masked=False)
        if name == "Slice":
            if draw.chance(0.4) and x.kind == "sequence":
                made = layer("Slice", steps=draw.pick([0, -1, int(draw.rng.integers(steps))]))
                self.call(made, [x], self.tensor("vector", None, features))
                return True
            if x.masked:
                return False
            if x.kind == "sequence" and draw.chance(0.4) and features > 1:
                first, end = sorted(draw.rng.choice(features + 1, 2, replace=False).tolist())
                self.call(layer("Slice", features=[first, end]), [x], self.like(x, features=end - first))
                return True
            if steps < 2:
                return False
            chosen = draw.pick([[0, -1], [1, None], [-1, None, -1], [None, None, 2], [None, None, -1]])
            if chosen == [-1, None, -1]:
                count = steps
            else:
                count = len(range(steps)[slice(*chosen)])
            self.call(layer("Slice", steps=chosen), [x], self.like(x, steps=count))
            return True
        if name == "Cropping1D":
            before, after = draw.pick([(1, 0), (0, 1), (1, 1)])
            if steps <= before + after:
                return False
            self.call(layer(name, cropping=[before, after]), [x], self.like(kept, steps=steps - before - after))
        elif name == "ZeroPadding1D":
            before, after = draw.pick([(1, 0), (0, 1), (2, 1)])
            self.call(layer(name, padding=[before, after]), [x], self.like(kept, steps=steps + before + after))
        elif name == "UpSampling1D":
            if steps > 4:
                return False
            self.call(layer(name, size=2), [x], self.like(kept, steps=steps * 2))
        elif name == "Permute":
            if steps > 8:
                return False
            self.needs_steps = True
            self.call(layer(name, dims=[2, 1]), [x], self.like(kept, steps=features, features=steps))
        elif name == "Conv1D":
            config: dict[str, Any] = {"filters": draw.pick(UNITS), "kernelSize": draw.pick([1, 2, 3])}
            config["padding"] = draw.pick(["same", "causal"] + (["valid"] if steps >= config["kernelSize"] else []))
            if draw.chance(0.3):
                config["strides"] = 2
            span = config["kernelSize"] - 1 if config["padding"] == "valid" else 0
            count = (steps - span - 1) // config.get("strides", 1) + 1
            self.call(self.decorated(layer(name, **config)), [x], self.like(x, steps=count, features=config["filters"]))
        else:
            padding = draw.pick(["same", "valid"] if steps > 1 else ["same"])
            size = 2
            count = -(-steps // size) if padding == "same" else (steps - size) // size + 1
            self.call(layer(name, poolSize=size, padding=padding), [x], self.like(kept, steps=count))
        return True

    def pooled(self) -> bool:
        draw, x = self.draw, self.pick("sequence")
        if x is None:
            return False
        name = draw.pick(["GlobalMaxPooling1D", "GlobalAveragePooling1D", "GlobalAveragePooling1D", "Flatten"])
        if name == "Flatten":
            if self.is_inner or x.steps * x.features > 16:
                return False
            self.needs_steps = True
            self.call(layer(name), [x], self.tensor("vector", None, x.steps * x.features))
            return True
        if name == "GlobalAveragePooling1D" and (x.masked or self.is_inner):
            self.no_empty_rows = True
        self.call(layer(name), [x], self.tensor("vector", None, x.features))
        return True

    def vector(self) -> bool:
        """What a vector becomes."""
        draw, x = self.draw, self.pick("vector")
        if x is None or self.is_inner:
            return False
        if x.features in (4, 6, 8) and draw.chance(0.4):
            self.call(layer("Reshape", targetShape=[2, -1]), [x], self.tensor("sequence", 2, x.features // 2))
        else:
            steps = draw.pick([1, 2, 3, 4])
            self.call(layer("RepeatVector", n=steps), [x], self.tensor("sequence", steps, x.features))
        return True

    def computed(self) -> bool:
        """Layers that leave the shape."""
        draw, x = self.draw, self.pick("sequence sequence vector")
        if x is None:
            return False
        name = draw.pick(["Activation", "LayerNormalization", "BatchNormalization", "LeakyReLU", "ELU", "Rescaling", "PReLU"])
        if name in ("LayerNormalization", "BatchNormalization"):
            # Of two or three values near each other a normalization is a step function.
            if x.features < 4 or self.is_inner:
                return False
            shared = self.reuse(name, x.features)
            self.call(shared or layer(name), [x], self.like(x))
            if shared is None:
                self.share(name, x.features)
            if name == "BatchNormalization":
                self.no_empty_rows = True
            return True
        if name == "PReLU":
            if self.is_inner or x.kind != "sequence":
                return False
            self.call(layer(name, sharedAxes=[1]), [x], self.like(x))
            return True
        config = {"Activation": {"activation": draw.pick(["tanh", "sigmoid", "softmax", "gelu"])},
                  "Rescaling": {"scale": 0.5, "offset": -0.25}}.get(name, {})  # fmt: skip
        self.call(layer(name, **config), [x], self.like(x))
        return True

    def distributed(self) -> bool:
        """A layer for each timestep, or for each part."""
        draw, x = self.draw, self.pick("parts parts sequence")
        if x is None or self.is_inner:
            return False
        if x.kind == "sequence":
            units = draw.pick(UNITS)
            inner = layer("Dense", units=units, activation="tanh")
            if draw.chance(0.3):
                inner = layer("Sequential", layers=[inner, layer("Dense", units=units)])
            self.call(layer("TimeDistributed", layer=inner), [x], self.like(x, features=units))
            return True
        units = draw.pick(UNITS)
        self.needs_steps = True
        if draw.chance(0.3):
            made = self.cell(units, returnSequences=True)
            self.call(layer("TimeDistributed", layer=made), [x], self.like(x, features=units))
            return True
        one, both, last = (self.cell(units, returnSequences=False) for _ in range(3))
        made = draw.pick([
            one, layer("Bidirectional", layer=both, mergeMode="sum"),
            layer("Sequential", layers=[layer("Dense", units=3, activation="tanh"), last]),
        ])  # fmt: skip
        self.call(layer("TimeDistributed", layer=made), [x], self.tensor("sequence", 2, units))
        return True

    # Models as layers

    def model(self) -> bool:
        """A model for one or two tensors, now and then for others as well."""
        draw = self.draw
        if self.is_inner:
            return False
        first = self.pick("sequence sequence ids vector")
        if first is None:
            return False
        read = [first]
        second = self.pick("sequence vector")
        if second is not None and second is not first and draw.chance(0.4):
            read.append(second)
        inner = Net(draw, is_inner=True)
        for index, t in enumerate(read):
            inner.add_input(t.kind, None if t.kind == "vector" else f"of {index}", t.features, t.kind == "sequence")
        inner.grow(draw.pick([1, 2, 3, 4]))
        outputs = inner.ends(2)
        if not outputs:
            return False
        graph = inner.graph(outputs)
        if len(graph["inputs"]) < len(read):
            return False
        name = None
        for _ in range(2):
            gives = []
            for t in outputs:
                source = read[int(t.steps[3:])] if t.steps else None
                given = self.tensor(t.kind, source.steps if source else None, t.features, t.masked)
                gives.append(given)
            self.call(name or graph, read, *gives)
            name = self.last
            self.no_empty_rows |= inner.no_empty_rows
            self.padded_behind |= inner.padded_behind
            if not draw.chance(0.5):
                break
            others = [self.pick(t.kind, features=t.features) for t in read]
            if others == read:
                break
            read = others
        return True

    # The whole

    def grow(self, calls: int) -> None:
        """Adds calls."""
        choices = [
            (self.recurrent, 28), (self.stack, 4), (self.embedding, 12), (self.masking, 5), (self.dense, 12),
            (self.merge, 14), (self.concatenate, 9), (self.dot, 4), (self.attention, 12), (self.moved, 12),
            (self.pooled, 6), (self.vector, 4), (self.computed, 8), (self.distributed, 6), (self.model, 7),
        ]  # fmt: skip
        weights = np.array([weight for _, weight in choices], float)
        done, tries = 0, 0
        while done < calls and tries < 200:
            tries += 1
            chosen = choices[int(self.draw.rng.choice(len(choices), p=weights / weights.sum()))][0]
            done += chosen()

    def ends(self, most: int) -> list[Tensor]:
        """Outputs: what nobody reads, and now and then something else."""
        read = {name for use in self.calls for name in (*use["inputs"], *use.get("initialState", []))}
        given = {name for use in self.calls for name in use["gives"]}
        usable = [t for t in self.tensors if t.name in given and t.kind in ("vector", "sequence")]
        unread = [t for t in usable if t.name not in read]
        ends = unread[-most:]
        if ends and len(ends) < most and self.draw.chance(0.3):
            others = [t for t in usable if t not in ends]
            if others:
                ends.append(self.draw.pick(others))
        return ends

    def graph(self, outputs: list[Tensor]) -> dict[str, Any]:
        """The recipe, without what no output depends on."""
        wanted, calls = {t.name for t in outputs}, []
        for use in reversed(self.calls):
            if not wanted.isdisjoint(use["gives"]):
                calls.insert(0, use)
                wanted.update(use["inputs"], use.get("initialState", []), [use["mask"]] if "mask" in use else [])
        used = {use["layer"] for use in calls}
        return {
            "inputs": [given for given in self.inputs if given["name"] in wanted],
            "layers": {name: made for name, made in self.layers.items() if name in used},
            "calls": calls, "outputs": [t.name for t in outputs],
        }  # fmt: skip


def draw_graph(draw: Draw) -> dict[str, Any]:
    """A case without its numbers."""
    net = Net(draw)
    steps = draw.pick([1, 2, 3, 4, 5])
    kinds = [draw.pick(["ids", "ids", "sequence", "sequence", "vector", "parts"]) for _ in range(draw.pick([1, 2, 2, 3]))]
    if all(kind == "vector" for kind in kinds):
        kinds.append("sequence")
    for kind in kinds:
        if not draw.chance(0.6):
            steps = draw.pick([1, 2, 3, 4, 5])
        net.add_input(kind, None if kind == "vector" else steps, 0 if kind == "ids" else draw.pick(UNITS))
    if draw.chance(0.15):
        net.add_input("mask", steps, masked=False)
    net.grow(draw.pick(CALLS))
    outputs = net.ends(draw.pick([1, 2, 3, 4]))
    graph = net.graph(outputs)
    if not outputs or len(graph["calls"]) < 2:
        return draw_graph(draw)
    masked = [use["inputs"][0] for use in graph["calls"] if of_class(graph, use) == "Masking"]
    for given in graph["inputs"]:
        given["steps"] = next((size for size in given["shape"][-2 if given["kind"] in ("sequence", "parts") else -1 :]), None)
        given["zeros"] = given["name"] in masked
    normalized = any(of_class(graph, use) == "BatchNormalization" for use in graph["calls"])
    if not net.needs_steps and draw.chance(0.5):
        for given in graph["inputs"]:
            # A mask is numbers [N,T], whose last axis must be known.
            if given["kind"] not in ("vector", "mask"):
                given["shape"][-2 if given["kind"] in ("sequence", "parts") else -1] = None
    several = len(outputs) > 1
    case = {
        "kind": "graph", "rows": draw.pick([5, 6]) if normalized else draw.pick([1, 2, 3, 4, 5]), "graph": graph,
        "lossWeights": [draw.pick([1, 0.5, 0.25, 2]) for _ in outputs] if several and draw.chance(0.5) else None,
        "noEmptyRows": net.no_empty_rows, "paddedBehind": net.padded_behind,
    }  # fmt: skip
    return case


def of_class(graph: dict[str, Any], use: dict[str, Any]) -> str:
    return graph["layers"][use["layer"]].get("className", "Functional")


def graph_case(seed: int, index: int) -> dict[str, Any]:
    """What case `index` of a seed is."""
    return draw_graph(Draw(seed, 2, index))


def counted(draw: Draw, case: dict[str, Any], steps: int) -> np.ndarray:
    """[rows, steps], 1 where a step counts."""
    mask = step_mask(draw, case["rows"], steps)
    if case["paddedBehind"]:
        mask = np.sort(mask, axis=1)[:, ::-1]
    if case["noEmptyRows"]:
        mask[mask.sum(axis=1) == 0, 0] = 1
    return mask


def shape_of(given: dict[str, Any], steps: int) -> tuple[int, ...]:
    """The shape of an input, timesteps that it leaves open filled in."""
    return tuple(steps if size is None else size for size in given["shape"])


def graph_input(draw: Draw, case: dict[str, Any], given: dict[str, Any]) -> tuple[np.ndarray, str]:
    """Data of an input, and how it is written."""
    kind, rows, steps = given["kind"], case["rows"], given["steps"]
    if kind == "ids":
        return (draw.rng.integers(1, 9, (rows, steps)) * counted(draw, case, steps)).astype(np.int8), "ids"
    if kind == "mask":
        return counted(draw, case, steps).astype(np.int8) * np.int8(GRID), "grid"
    values = draw.grid((rows, *shape_of(given, steps)), 0.7)
    # A step counts where any feature is not 0.
    values[..., 0][values[..., 0] == 0] = 1
    if given["zeros"]:
        values[counted(draw, case, steps) == 0] = 0
    return values, "grid"


__all__ = ["graph_case", "graph_input", "pack", "shape_of"]
