# SPDX-License-Identifier: MIT
"""Graphs: states handed over, layers used more than once, values of rank 4, models within models.

Outputs, and the gradients of the squared error of all outputs (0.5 of that of the second, 0.25 of the third ...).
"""

from typing import Any

from common import Draw, native, np, number, pack, write
from graph_models import Graph, build, call, gradients, owners, random_weights, recipe, value, words

SEED = 71
ROWS = 5
VOCABULARY = 11

CELLS: list[tuple[str, dict[str, Any], int]] = [
    ("SimpleRNN", {}, 1),
    ("LSTM", {}, 2),
    ("GRU", {}, 1),
    ("GRU that resets before", {"resetAfter": False}, 1),
]


def cell(title: str, units: int, **config: Any) -> dict[str, Any]:
    """A recurrent layer of one of CELLS."""
    _, own, _ = next(each for each in CELLS if each[0] == title)
    return recipe(title.split(" ")[0], units=units, **own, **config)


def states(prefix: str, title: str, directions: int = 1) -> list[str]:
    """Names of the states of a layer."""
    count = next(each[2] for each in CELLS if each[0] == title) * directions
    return [f"{prefix}{i}" for i in range(count)]


def embedding(masks: bool = True, width: int = 3) -> dict[str, Any]:
    return recipe("Embedding", inputDim=VOCABULARY, outputDim=width, maskZero=masks)


def seq2seq() -> list[tuple[str, Graph]]:
    """An encoder's states in which a decoder begins: other timesteps, other masks, another order of rows."""
    graphs: list[tuple[str, Graph]] = []
    for title, _, _ in CELLS:
        kept = states("s", title)
        decoder = cell(title, 4, returnSequences=True)
        dense = recipe("Dense", units=2)
        graphs.append((f"{title}: encoder and decoder of values", {
            "inputs": [value("read", None, 3), value("written", None, 2)],
            "layers": {"encoder": cell(title, 4, returnState=True), "decoder": decoder, "dense": dense},
            "calls": [
                call("encoder", "read", ["last", *kept]), call("decoder", "written", "steps", initialState=kept),
                call("dense", "steps", "out"),
            ],
            "outputs": ["out"],
        }))  # fmt: skip
        graphs.append((f"{title}: encoder and decoder of masked words", {
            "inputs": [words("read", None), words("written", None)],
            "layers": {
                "table": embedding(), "encoder": cell(title, 4, returnState=True), "other": embedding(width=2),
                "decoder": decoder, "dense": dense,
            },
            "calls": [
                call("table", "read", "vectors"), call("encoder", "vectors", ["last", *kept]),
                call("other", "written", "rows"), call("decoder", "rows", "steps", initialState=kept),
                call("dense", "steps", "out"),
            ],
            "outputs": ["out"],
        }))  # fmt: skip
        given = states("given", title)
        graphs.append((f"{title}: states from inputs through layers, and all last states among the outputs", {
            "inputs": [value("x", None, 3), *(value(name, 2) for name in given)],
            "layers": {
                **{f"start{i}": recipe("Dense", units=4, activation="tanh") for i in range(len(given))},
                "rnn": cell(title, 4, returnState=True),
            },
            "calls": [
                *(call(f"start{i}", name, f"begin{i}") for i, name in enumerate(given)),
                call("rnn", "x", ["last", *kept], initialState=[f"begin{i}" for i in range(len(given))]),
            ],
            "outputs": ["last", *kept],
        }))  # fmt: skip
        graphs.append((f"{title}: a walk in reverse over masked words hands over to another", {
            "inputs": [words("x", None)],
            "layers": {
                "table": embedding(), "first": cell(title, 4, returnState=True, returnSequences=True, goBackwards=True),
                "second": cell(title, 4, returnSequences=True, goBackwards=True, zeroOutputForMask=True),
            },
            "calls": [
                call("table", "x", "vectors"), call("first", "vectors", ["steps", *kept]),
                call("second", "vectors", "out", initialState=kept),
            ],
            "outputs": ["out", "steps"],
        }))  # fmt: skip
        both = states("s", title, 2)
        graphs.append((f"{title}: both directions hand over their states", {
            "inputs": [words("read", None), words("written", None)],
            "layers": {
                "table": embedding(),
                "encoder": recipe("Bidirectional", layer=cell(title, 3, returnState=True), mergeMode="sum"),
                "decoder": recipe("Bidirectional", layer=cell(title, 3, returnSequences=True)),
                "dense": dense,
            },
            "calls": [
                call("table", "read", "vectors"), call("encoder", "vectors", ["last", *both]),
                call("table", "written", "rows"), call("decoder", "rows", "steps", initialState=both),
                call("dense", "steps", "out"),
            ],
            "outputs": ["out", "last"],
        }))  # fmt: skip
        graphs.append((f"{title}: the same layer reads on where it ended", {
            "inputs": [value("one", None, 3), value("two", None, 3)],
            "layers": {"rnn": cell(title, 4, returnState=True)},
            "calls": [call("rnn", "one", ["first", *kept]), call("rnn", "two", ["out", *states("t", title)], initialState=kept)],
            "outputs": ["out", "first"],
        }))  # fmt: skip
    stack = recipe("RNN", cell=[recipe("LSTMCell", units=3), recipe("GRUCell", units=4), recipe("SimpleRNNCell", units=2)],
                   returnState=True)  # fmt: skip
    kept = ["h0", "c0", "h1", "h2"]
    graphs.append(("a stack of cells hands over its states", {
        "inputs": [words("read", None), words("written", None)],
        "layers": {
            "table": embedding(), "encoder": stack,
            "decoder": {**stack, "config": {**stack["config"], "returnSequences": True}}, "dense": recipe("Dense", units=2),
        },
        "calls": [
            call("table", "read", "vectors"), call("encoder", "vectors", ["last", *kept]),
            call("table", "written", "rows"),
            call("decoder", "rows", ["steps", "e0", "d0", "e1", "e2"], initialState=kept), call("dense", "steps", "out"),
        ],
        "outputs": ["out", "last", "e0", "d0", "e1", "e2"],
    }))  # fmt: skip
    return graphs


def cells() -> list[tuple[str, Graph]]:
    """`RNN` of one cell and of stacks."""
    of = lambda **config: {  # noqa: E731
        "inputs": [words("x", None)],
        "layers": {"table": embedding(), "rnn": recipe("RNN", **config), "dense": recipe("Dense", units=2)},
        "calls": [call("table", "x", "vectors"), call("rnn", "vectors", "last"), call("dense", "last", "out")],
        "outputs": ["out"],
    }
    lstm, gru, simple = recipe("LSTMCell", units=4), recipe("GRUCell", units=3), recipe("SimpleRNNCell", units=5)
    return [
        ("RNN of one cell", of(cell=lstm)),
        ("RNN of a cell that resets before, in reverse", of(cell=recipe("GRUCell", units=3, resetAfter=False), goBackwards=True)),
        ("RNN of a stack", of(cell=[lstm, gru, simple])),
        ("RNN of a stack in reverse, with sequences", of(cell=[gru, simple], goBackwards=True, returnSequences=True)),
        ("RNN of a stack, with zero for masked timesteps", of(cell=[simple, lstm], returnSequences=True, zeroOutputForMask=True)),
    ]  # fmt: skip


def sharing() -> list[tuple[str, Graph]]:
    """Layers that are used more than once, and values that are read more than once."""
    dense = recipe("Dense", units=3, activation="tanh")
    texts = [words("one", None), words("two", None)]
    return [
        ("one embedding, recurrent layer and Dense for two texts", {
            "inputs": texts,
            "layers": {"table": embedding(False), "rnn": recipe("LSTM", units=4), "dense": dense},
            "calls": [
                call("table", "one", "e1"), call("table", "two", "e2"), call("rnn", "e1", "r1"), call("rnn", "e2", "r2"),
                call("dense", "r1", "o1"), call("dense", "r2", "o2"),
            ],
            "outputs": ["o1", "o2"],
        }),
        ("the same with masks", {
            "inputs": texts,
            "layers": {"table": embedding(), "rnn": recipe("GRU", units=4), "dense": dense},
            "calls": [
                call("table", "one", "e1"), call("table", "two", "e2"), call("rnn", "e1", "r1"), call("rnn", "e2", "r2"),
                call("dense", "r1", "o1"), call("dense", "r2", "o2"),
            ],
            "outputs": ["o1", "o2"],
        }),
        ("one text in two tables, masked in one of them", {
            "inputs": [words("x", None)],
            "layers": {
                "masked": embedding(), "plain": embedding(False, 2), "one": recipe("LSTM", units=3),
                "two": recipe("GRU", units=4),
            },
            "calls": [
                call("masked", "x", "m"), call("plain", "x", "p"), call("one", "m", "o1"), call("two", "p", "o2"),
            ],
            "outputs": ["o1", "o2"],
        }),
        # Gradients of an embedding come by position and summed by token, in turns.
        ("vectors of words that many layers read", {
            "inputs": [words("x", None)],
            "layers": {
                "table": embedding(False), "dense1": recipe("Dense", units=2), "rnn1": recipe("SimpleRNN", units=3),
                "dense2": dense, "rnn2": recipe("LSTM", units=2), "conv": recipe("Conv1D", filters=2, kernelSize=2),
            },
            "calls": [
                call("table", "x", "v"), call("dense1", "v", "a"), call("rnn1", "v", "b"), call("dense2", "v", "c"),
                call("rnn2", "v", "d"), call("conv", "v", "e"),
            ],
            "outputs": ["a", "b", "c", "d", "e"],
        }),
        ("vectors of words that are an output too", {
            "inputs": [words("x", None)],
            "layers": {"table": embedding(False), "rnn1": recipe("GRU", units=3), "rnn2": recipe("LSTM", units=2)},
            "calls": [call("table", "x", "v"), call("rnn1", "v", "a"), call("rnn2", "v", "b")],
            "outputs": ["v", "a", "b"],
        }),
        ("a layer upon itself, three times", {
            "inputs": [value("x", 3)], "layers": {"dense": dense},
            "calls": [call("dense", "x", "a"), call("dense", "a", "b"), call("dense", "b", "c")], "outputs": ["c", "a"],
        }),
        ("a sequence that many layers read", {
            "inputs": [value("x", 4, 3)],
            "layers": {
                "first": recipe("LSTM", units=3, returnSequences=True), "dense": recipe("Dense", units=2),
                "rnn": recipe("GRU", units=2), "pool": recipe("GlobalAveragePooling1D"), "flat": recipe("Flatten"),
                "norm": recipe("LayerNormalization"),
            },
            "calls": [
                call("first", "x", "s"), call("dense", "s", "a"), call("rnn", "s", "b"), call("pool", "s", "c"),
                call("flat", "s", "d"), call("norm", "s", "e"),
            ],
            "outputs": ["a", "b", "c", "d", "e", "s"],
        }),
        ("a masked sequence that many layers read", {
            "inputs": [words("x", 4)],
            "layers": {
                "table": embedding(), "first": recipe("LSTM", units=3, returnSequences=True),
                "dense": recipe("Dense", units=2), "rnn": recipe("GRU", units=2),
                "pool": recipe("GlobalAveragePooling1D"), "flat": recipe("Flatten"), "back": recipe("SimpleRNN", units=2, goBackwards=True),
            },
            "calls": [
                call("table", "x", "v"), call("first", "v", "s"), call("dense", "s", "a"), call("rnn", "s", "b"),
                call("pool", "s", "c"), call("flat", "s", "d"), call("back", "s", "e"),
            ],
            "outputs": ["a", "b", "c", "d", "e"],
        }),
        ("a mask that is an input", {
            "inputs": [value("x", 4, 3), value("mask", 4)],
            "layers": {
                "rnn": recipe("LSTM", units=3, returnSequences=True), "both": recipe("Bidirectional", layer=recipe("GRU", units=2)),
                "pool": recipe("GlobalAveragePooling1D"),
            },
            "calls": [
                call("rnn", "x", "s", mask="mask"), call("both", "x", "b", mask="mask"), call("pool", "x", "p", mask="mask"),
            ],
            "outputs": ["s", "b", "p"],
        }),
        ("penalties of weights that are used twice, and of an output that no loss depends on", {
            "inputs": [value("x", 3)],
            "layers": {
                "dense": recipe("Dense", units=3, kernelRegularizer="l2", activityRegularizer="l1"),
                "beside": recipe("Dense", units=2, activityRegularizer="l2"),
            },
            "calls": [call("dense", "x", "a"), call("dense", "a", "b"), call("beside", "b", "p")],
            "outputs": ["b", "p"], "lost": [1],
        }),
    ]  # fmt: skip


def nesting() -> list[tuple[str, Graph]]:
    """Models that are used as layers."""
    tower: Graph = {
        "inputs": [words("text", None)],
        "layers": {"table": embedding(), "rnn": recipe("GRU", units=3, returnState=True), "dense": recipe("Dense", units=2)},
        "calls": [call("table", "text", "v"), call("rnn", "v", ["last", "s"]), call("dense", "last", "o")],
        "outputs": ["o", "s"],
    }
    outer: Graph = {
        "inputs": [words("deep", None)], "layers": {"tower": tower, "last": recipe("Dense", units=2, activation="tanh")},
        "calls": [call("tower", "deep", ["a", "s"]), call("last", "a", "b")], "outputs": ["b", "s"],
    }
    row = recipe("Sequential", layers=[recipe("Dense", units=4, activation="tanh"), recipe("Dense", units=3)])
    joined: Graph = {
        "inputs": [value("x", None, 3), value("h", 3)], "layers": {"rnn": recipe("GRU", units=3, returnSequences=True)},
        "calls": [call("rnn", "x", "y", initialState=["h"])], "outputs": ["y"],
    }
    return [
        ("a model of two outputs for two texts", {
            "inputs": [words("one", None), words("two", None)], "layers": {"tower": tower},
            "calls": [call("tower", "one", ["a", "s"]), call("tower", "two", ["b", "t"])], "outputs": ["a", "b", "s", "t"],
        }),
        ("a model within a model within a model, twice", {
            "inputs": [words("one", None), words("two", None)], "layers": {"outer": outer},
            "calls": [call("outer", "one", ["a", "s"]), call("outer", "two", ["b", "t"])], "outputs": ["a", "b", "t"],
        }),
        ("a row of layers upon itself", {
            "inputs": [value("x", None, 3)], "layers": {"row": row, "rnn": recipe("LSTM", units=2)},
            "calls": [call("row", "x", "a"), call("row", "a", "b"), call("rnn", "b", "o")], "outputs": ["o"],
        }),
        ("a model of two inputs", {
            "inputs": [value("x", None, 3), value("h", 2)],
            "layers": {"start": recipe("Dense", units=3), "joined": joined, "dense": recipe("Dense", units=1)},
            "calls": [call("start", "h", "s"), call("joined", ["x", "s"], "y"), call("dense", "y", "o")], "outputs": ["o"],
        }),
    ]  # fmt: skip


def parts() -> list[tuple[str, Graph]]:
    """Values of rank 4, and layers that are applied to each timestep or part."""

    def each(layer: dict[str, Any], *shape: int | None, last: bool = True) -> Graph:
        """A layer of each part, and a recurrent layer over what comes of them."""
        made: Graph = {
            "inputs": [value("x", *shape)], "layers": {"each": recipe("TimeDistributed", layer=layer)},
            "calls": [call("each", "x", "o")], "outputs": ["o"],
        }  # fmt: skip
        if last:
            made["layers"]["rnn"] = recipe("LSTM", units=2)
            made["calls"].append(call("rnn", "o", "p"))
            made["outputs"] = ["p", "o"]
        return made

    sentence = recipe("Sequential", layers=[embedding(), recipe("GRU", units=3)])
    return [
        ("each part through an LSTM", each(recipe("LSTM", units=3), 3, 4, 2)),
        ("each part through a GRU in reverse", each(recipe("GRU", units=3, goBackwards=True), 2, 4, 2)),
        ("each part through both directions", each(recipe("Bidirectional", layer=recipe("GRU", units=2)), 3, 4, 2)),
        ("each part through a Conv1D", each(recipe("Conv1D", filters=2, kernelSize=3, padding="causal"), 3, 4, 2, last=False)),
        ("each part through an LSTM of sequences", each(recipe("LSTM", units=3, returnSequences=True), 3, 4, 2, last=False)),
        ("each part through a Dense", each(recipe("Dense", units=2, activation="softmax"), 3, 4, 2, last=False)),
        ("each part flattened", each(recipe("Flatten"), 3, 4, 2)),
        ("each part pooled", each(recipe("GlobalMaxPooling1D"), 3, 4, 2)),
        ("each timestep of each part", each(recipe("TimeDistributed", layer=recipe("Dense", units=2)), 3, 4, 2, last=False)),
        ("each timestep repeated, then read", {
            "inputs": [value("x", 3, 2)],
            "layers": {
                "repeat": recipe("TimeDistributed", layer=recipe("RepeatVector", n=2)),
                "rnn": recipe("TimeDistributed", layer=recipe("SimpleRNN", units=3)), "last": recipe("GRU", units=2),
            },
            "calls": [call("repeat", "x", "r"), call("rnn", "r", "s"), call("last", "s", "o")], "outputs": ["o", "s", "r"],
        }),
        ("each timestep in another shape", each(recipe("Reshape", targetShape=[2, 3]), 3, 6, last=False)),
        ("each timestep through a model", each(
            recipe("Sequential", layers=[recipe("Reshape", targetShape=[3, 2]), recipe("LSTM", units=2), recipe("Dense", units=2)]),
            4, 6)),
        ("sentences of masked words", {
            "inputs": [words("x", 3, 4)],
            "layers": {"sentence": recipe("TimeDistributed", layer=sentence), "text": recipe("LSTM", units=3), "dense": recipe("Dense", units=1)},
            "calls": [call("sentence", "x", "s"), call("text", "s", "t"), call("dense", "t", "o")], "outputs": ["o", "s"],
        }),
        ("words of sentences, which a mask tells", {
            "inputs": [words("x", 3, 4)],
            "layers": {"table": embedding(), "sentence": recipe("TimeDistributed", layer=recipe("LSTM", units=3))},
            "calls": [call("table", "x", "v"), call("sentence", "v", "o")], "outputs": ["o"],
        }),
        ("each sentence of words without their mask", {
            "inputs": [words("x", 3, 4)],
            "layers": {"table": recipe("TimeDistributed", layer=embedding()), "rnn": recipe("TimeDistributed", layer=recipe("GRU", units=2))},
            "calls": [call("table", "x", "v"), call("rnn", "v", "o")], "outputs": ["o", "v"],
        }),
        ("masked timesteps through a layer that makes vectors of vectors", {
            "inputs": [words("x", 4)],
            "layers": {
                "table": embedding(width=4), "each": recipe("TimeDistributed", layer=recipe("Reshape", targetShape=[4])),
                "rnn": recipe("LSTM", units=3, returnSequences=True),
            },
            "calls": [call("table", "x", "v"), call("each", "v", "e"), call("rnn", "e", "o")], "outputs": ["o"],
        }),
        ("numbers of rank 4 through layers of any rank", {
            "inputs": [value("x", 2, 3, 4)],
            "layers": {
                "norm": recipe("LayerNormalization"), "dense": recipe("Dense", units=3, activation="tanh", activityRegularizer="l2"),
                "soft": recipe("Activation", activation="softmax"), "flat": recipe("Flatten"), "last": recipe("Dense", units=2),
            },
            "calls": [
                call("norm", "x", "a"), call("dense", "a", "b"), call("soft", "b", "c"), call("flat", "c", "d"), call("last", "d", "o"),
            ],
            "outputs": ["o", "c"],
        }),
        ("a value in other shapes, of rank 4 among them", {
            "inputs": [value("x", 6, 4)],
            "layers": {
                "one": recipe("Reshape", targetShape=[2, 3, 4]), "two": recipe("Dense", units=2), "three": recipe("Reshape", targetShape=[3, 2, 2]),
                "four": recipe("TimeDistributed", layer=recipe("GRU", units=2)), "five": recipe("Reshape", targetShape=[6]),
            },
            "calls": [call("one", "x", "a"), call("two", "a", "b"), call("three", "b", "c"), call("four", "c", "d"), call("five", "d", "o")],
            "outputs": ["o", "c"],
        }),
    ]  # fmt: skip


def data(draw: Draw, given: dict[str, Any], turn: int) -> np.ndarray:
    """Rows of an input: words are padded before in the first text and after in the second, by other lengths."""
    shape = [5 + turn if size is None else size for size in given["shape"]]
    if given["name"] == "mask":
        result = (draw.uniform(0, 1, ROWS, *shape) < 0.7).astype(np.float32)
        result[0], result[1] = 1, 0
        return result
    if given["dtype"] != "int32":
        return draw.normal(ROWS, *shape)
    result = draw.integers(1, VOCABULARY, ROWS, *shape)
    steps = shape[-1]
    for index in np.ndindex(ROWS, *shape[:-1]):
        pad = int(draw.integers(0, steps + 1))
        if turn % 2 == 0:
            result[index][:pad] = 0
        else:
            result[index][steps - pad :] = 0
    result[turn % ROWS] = draw.integers(1, VOCABULARY, *shape)
    return result


def compute(title: str, graph: Graph, seed: int) -> dict[str, Any]:
    """One case: data, weights, and what Keras computes of them."""
    draw = Draw(seed)
    model = build(graph, "golden")
    x = [data(draw, given, turn) for turn, given in enumerate(graph["inputs"])]
    weights = random_weights(draw, model)
    model.set_weights([native(w) for w in weights])
    one = [native(v) for v in x]
    outputs = model.predict(one if len(one) > 1 else one[0], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    y = [draw.normal(*output.shape) for output in outputs]
    lost = graph.pop("lost", [])
    several = len(outputs) > 1
    losses = [None if i in lost else "mse" for i in range(len(outputs))]
    weigh = [0.5**i for i in range(len(outputs))]
    kept = [v for i, v in enumerate(y) if i not in lost]
    learnt = gradients(
        model, x, kept, losses if several else losses[0],
        [w for i, w in enumerate(weigh) if i not in lost] if several else None,
    )  # fmt: skip
    return {
        "name": title, "graph": graph, "x": [pack(v) for v in x], "y": [pack(v) for v in y], "lost": lost,
        "owners": owners(model), "weights": [pack(w) for w in weights], "outputs": [pack(v) for v in outputs], **learnt,
    }  # fmt: skip


def main() -> None:
    graphs = seq2seq() + cells() + sharing() + nesting() + parts()
    cases = []
    for i, (title, graph) in enumerate(graphs):
        print(title, flush=True)
        cases.append(compute(title, graph, SEED * 100 + i))
    assert all(np.isfinite(number(case["loss"])) for case in cases)
    write("graphs", SEED, {"cases": cases})


main()
