# SPDX-License-Identifier: MIT
"""ONNX Runtime: its RNN, LSTM and GRU operators, and one timestep of a decoder."""

import argparse
import time
from collections.abc import Callable
from typing import Any

import cases
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8


# The operator of a cell, its attributes, and which of Keras' gates (i f c o, z r h) ONNX has in turn (i o f c, z r h).
CELLS: dict[str, tuple[str, dict[str, Any], list[int]]] = {
    "rnn": ("RNN", {"activations": ["Tanh"]}, [0]),
    "lstm": ("LSTM", {}, [0, 3, 1, 2]),
    "gru": ("GRU", {"linear_before_reset": 1}, [0, 1, 2]),
}


def cell_weights(cell: str, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Weights of Keras' layouts as the operator of a cell takes them."""
    order = CELLS[cell][2]

    def rows(weight: np.ndarray) -> np.ndarray:
        parts = np.split(weight.T, cases.GATES[cell])
        return np.concatenate([parts[gate] for gate in order])

    biases = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return {
        "W": rows(kernel)[None],
        "R": rows(recurrent)[None],
        "B": np.concatenate([rows(biases[0]), rows(biases[1])])[None],
    }


def serialized(graph: onnx.GraphProto) -> bytes:
    """A checked model of a graph."""
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(result)
    return result.SerializeToString()


def initializers(weights: dict[str, np.ndarray]) -> list[TensorProto]:
    """Weights as a graph holds them."""
    return [numpy_helper.from_array(np.ascontiguousarray(w), name) for name, w in weights.items()]


def model(case: cases.InferCase, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> bytes:
    """A graph of one node: X [T, N, C] -> Y_h [1, N, H]; nobody asks for the states in between."""
    operator, attributes, _ = CELLS[case.cell]
    node = helper.make_node(operator, ["X", "W", "R", "B"], ["", "Y_h"], hidden_size=case.units, **attributes)
    graph = helper.make_graph(
        [node],
        case.cell,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [case.steps, case.batch, case.units])],
        [helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, case.batch, case.units])],
        initializers(cell_weights(case.cell, kernel, recurrent, bias)),
    )
    return serialized(graph)


def decoder_step(case: cases.StepCase, weights: list[np.ndarray]) -> bytes:
    """X [1, 1, C], h and c [1, 1, H] -> the probabilities Y [1, C], and the states that a next step would begin in."""
    kernel, recurrent, bias, dense_kernel, dense_bias = weights
    units, features = case.units, case.features
    nodes = [
        helper.make_node(
            "LSTM", ["X", "W", "R", "B", "", "h", "c"], ["", "next_h", "next_c"], hidden_size=units
        ),
        helper.make_node("Squeeze", ["next_h", "first"], ["state"]),
        helper.make_node("Gemm", ["state", "D", "d"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["Y"]),
    ]
    state = [1, 1, units]
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [1, 1, features])]
        + [helper.make_tensor_value_info(name, TensorProto.FLOAT, state) for name in ("h", "c")],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [1, features])]
        + [helper.make_tensor_value_info(name, TensorProto.FLOAT, state) for name in ("next_h", "next_c")],
        initializers(
            {
                **cell_weights("lstm", kernel, recurrent, bias),
                "D": dense_kernel,
                "d": dense_bias,
                "first": np.array([0], np.int64),
            }
        ),
    )
    return serialized(graph)


def open_session(options: argparse.Namespace, graph: bytes) -> onnxruntime.InferenceSession:
    """A session with the threads of the case."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, settings, providers=["CPUExecutionProvider"])


def timed(session: onnxruntime.InferenceSession, binding: Any, loss: Callable[[], float]) -> Callable[[int], dict[str, Any]]:
    """Runs with bound buffers, again and again."""

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            session.run_with_iobinding(binding)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "loss": loss()}

    run(3)
    return run


def prepare_step(options: argparse.Namespace) -> Callable[[int], dict[str, Any]]:
    """One timestep from the given states, again and again."""
    x, h, c, *weights = cases.step_arrays(options)
    session = open_session(options, decoder_step(cases.STEP_CASES[options.case], weights))
    binding = session.io_binding()
    for name, value in {"X": x, "h": h, "c": c}.items():
        binding.bind_cpu_input(name, np.ascontiguousarray(value[None, None]))
    for name in ("Y", "next_h", "next_c"):
        binding.bind_output(name)
    # Probabilities sum up to one in any model: each counts as often as its place says.
    return timed(session, binding, lambda: float((binding.copy_outputs_to_cpu()[0][0] * np.arange(x.size)).sum()))


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, warm; None where this peer has no part in it."""
    if options.case in cases.STEP_CASES:
        return prepare_step(options)
    if options.case not in cases.INFER_CASES:
        return None
    case = cases.INFER_CASES[options.case]
    x, *weights = cases.infer_arrays(options)
    session = open_session(options, model(case, *weights))
    # Input and output bound once, so that no copy is measured.
    binding = session.io_binding()
    binding.bind_cpu_input("X", np.ascontiguousarray(x.swapaxes(0, 1)))
    binding.bind_output("Y_h")
    return timed(session, binding, lambda: float(binding.copy_outputs_to_cpu()[0].sum()))
