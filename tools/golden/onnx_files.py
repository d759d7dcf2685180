# SPDX-License-Identifier: MIT
"""ONNX files as others write them, with what ONNX Runtime computes of them: test/golden/formats/onnx/*.onnx and files.json.

    python tools/golden/onnx_files.py

Modules of PyTorch by torch.onnx.export, and graphs by onnx.helper where a file is to have what PyTorch does not write. Needs
torch, onnx, onnxruntime and numpy.
"""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "formats" / "onnx"
SEED = 16


class Tagger(torch.nn.Module):
    """Words to a class for each."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(20, 6)
        self.lstm = torch.nn.LSTM(6, 5, batch_first=True, bidirectional=True)
        self.tags = torch.nn.Linear(10, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.tags(self.lstm(self.words(words))[0]), -1)


class Last(torch.nn.Module):
    """A recurrent module, its last output, and a layer."""

    def __init__(self, rnn: torch.nn.RNNBase, width: int) -> None:
        super().__init__()
        self.rnn, self.head = rnn, torch.nn.Linear(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.rnn(x)[0]
        return torch.tanh(self.head(y[:, -1] if self.rnn.batch_first else y[-1]))


class State(torch.nn.Module):
    """The last states of both directions, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = torch.nn.GRU(3, 4, batch_first=True, bidirectional=True), torch.nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, h = self.gru(x)
        return torch.sigmoid(self.head(torch.cat([h[0], h[1]], 1)))


class Outputs(torch.nn.Module):
    """All that an LSTM gives."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> Any:
        y, (h, c) = self.lstm(x)
        return y, h[0], c[0]


def exported(module: torch.nn.Module, x: torch.Tensor, outputs: list[str], batch: int, steps: int | None) -> bytes:
    """The file of a module, by the exporter that needs nothing else installed."""
    axes = {batch: "batch", **({} if steps is None else {steps: "steps"})}
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (x,), out, input_names=["x"], output_names=outputs, dynamic_axes={"x": axes},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return out.getvalue()


def graph(nodes: list[Any], arrays: dict[str, np.ndarray], shape: Any, opset: int = 14) -> bytes:
    """A file of these operators, from x [n,t,3] to y."""
    made = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "t", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(values, name) for name, values in arrays.items()],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], producer_name="onnx.helper")
    model.ir_version = 7
    return model.SerializeToString()


def cell(rng: np.random.Generator, gates: int, units: int, features: int, directions: int = 1) -> dict[str, np.ndarray]:
    """W, R and B."""
    def draw(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) * 0.4).astype(np.float32)

    rows = gates * units
    return {"W": draw(directions, rows, features), "R": draw(directions, rows, units), "B": draw(directions, 2 * rows)}


def files(rng: np.random.Generator) -> Any:
    """Name, bytes, and the input of each."""
    x = rng.standard_normal((3, 5, 3)).astype(np.float32)
    seen = torch.zeros(2, 4, 3)
    words = rng.integers(1, 20, (3, 5)).astype(np.int64)
    yield "torch_tagger", exported(Tagger(), torch.ones(2, 4, dtype=torch.int64), ["tags"], 0, 1), words
    yield "torch_lstm_last", exported(Last(torch.nn.LSTM(3, 4, batch_first=True), 4), seen, ["y"], 0, 1), x
    yield "torch_gru_stack", exported(Last(torch.nn.GRU(3, 4, num_layers=2, batch_first=True), 4), seen, ["y"], 0, 1), x
    relu = torch.nn.RNN(3, 4, nonlinearity="relu")
    yield "torch_rnn_time_first", exported(Last(relu, 4), seen, ["y"], 1, 0), x
    yield "torch_gru_states", exported(State(), seen, ["y"], 0, 1), x
    yield "torch_lstm_outputs", exported(Outputs(), seen, ["y", "h", "c"], 0, 1), x
    turned = helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2])
    back = [helper.make_node("Squeeze", ["Y", "one"], ["s"]), helper.make_node("Transpose", ["s"], ["y"], perm=[1, 0, 2])]
    one = {"one": np.array([1], np.int64)}
    options = {"hidden_size": 4, "activations": ["HardSigmoid", "Softsign", "Softsign"], "activation_alpha": [1 / 6]}
    lstm = helper.make_node("LSTM", ["t", "W", "R"], ["Y"], "lstm", **options)
    arrays = cell(rng, 4, 4, 3)
    del arrays["B"]
    yield "helper_lstm_activations", graph([turned, lstm, *back], {**arrays, **one}, ["n", "t", 4]), x
    gru = helper.make_node("GRU", ["t", "W", "R", "B"], ["Y"], "gru", hidden_size=4, direction="reverse")
    yield "helper_gru_reverse", graph([turned, gru, *back], {**cell(rng, 3, 4, 3), **one}, ["n", "t", 4]), x
    rnn = helper.make_node("RNN", ["t", "W", "R", "B"], ["", "h"], "rnn", hidden_size=4, activations=["Elu"])
    zero = {"zero": np.array([0], np.int64), "kernel": rng.standard_normal((4, 2)).astype(np.float32)}
    ends = [
        helper.make_node("Squeeze", ["h", "zero"], ["last"]), helper.make_node("MatMul", ["last", "kernel"], ["product"]),
        helper.make_node("Add", ["bias", "product"], ["sum"]), helper.make_node("LeakyRelu", ["sum"], ["y"], alpha=0.3),
    ]  # fmt: skip
    zero["bias"] = rng.standard_normal(2).astype(np.float32)
    yield "helper_rnn_dense", graph([turned, rnn, *ends], {**cell(rng, 1, 4, 3), **zero}, ["n", 2]), x
    both = helper.make_node("LSTM", ["t", "W", "R", "B"], ["Y"], "both", hidden_size=4, direction="bidirectional")
    side = [
        helper.make_node("Transpose", ["Y"], ["p"], perm=[2, 0, 1, 3]), helper.make_node("Reshape", ["p", "shape"], ["r"]),
        helper.make_node("LayerNormalization", ["r", "gamma", "beta"], ["y"], axis=-1, epsilon=0.01),
    ]  # fmt: skip
    more = {"shape": np.array([0, 0, -1], np.int64), "gamma": np.linspace(0.5, 1.5, 8, dtype=np.float32)}
    more["beta"] = np.linspace(-1, 1, 8, dtype=np.float32)
    yield "helper_lstm_normalized", graph([turned, both, *side], {**cell(rng, 4, 4, 3, 2), **more}, ["n", "t", 8], 17), x


def main() -> None:
    torch.manual_seed(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, content, x in files(np.random.default_rng(SEED)):
        onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
        (OUT / f"{name}.onnx").write_bytes(content)
        session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
        turned = name.endswith("time_first")
        outputs = session.run(None, {"x": x.transpose(1, 0, 2) if turned else x})
        arrays = {
            output.name: {"shape": list(values.shape), "data": [float(f"{v:.9g}") for v in values.ravel()]}
            for output, values in zip(session.get_outputs(), outputs)
        }
        entries.append({"name": name, "x": {"shape": list(x.shape), "data": x.ravel().tolist()}, "outputs": arrays})
        print(f"{name}.onnx: {len(content)} bytes")
    versions = {"torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": ort.__version__, "numpy": np.__version__}
    provenance = {**versions, "seed": SEED, "command": "python tools/golden/onnx_files.py"}
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (OUT / "files.json").write_text(f'{{"provenance":{json.dumps(provenance)},\n"files":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
