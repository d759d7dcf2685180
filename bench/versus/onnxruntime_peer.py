# SPDX-License-Identifier: MIT
"""ONNX Runtime: its RNN, LSTM and GRU operators."""

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


def model(case: cases.InferCase, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> bytes:
    """A graph of one node: X [T, N, C] -> Y_h [1, N, H]; nobody asks for the states in between."""
    operator, attributes, order = CELLS[case.cell]

    def rows(weight: np.ndarray) -> np.ndarray:
        parts = np.split(weight.T, cases.GATES[case.cell])
        return np.concatenate([parts[gate] for gate in order])

    biases = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    weights = {
        "W": rows(kernel)[None],
        "R": rows(recurrent)[None],
        "B": np.concatenate([rows(biases[0]), rows(biases[1])])[None],
    }
    node = helper.make_node(operator, ["X", "W", "R", "B"], ["", "Y_h"], hidden_size=case.units, **attributes)
    graph = helper.make_graph(
        [node],
        case.cell,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [case.steps, case.batch, case.units])],
        [helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, case.batch, case.units])],
        [numpy_helper.from_array(np.ascontiguousarray(w), name) for name, w in weights.items()],
    )
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(result)
    return result.SerializeToString()


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, warm; None where this peer has no part in it."""
    if options.case not in cases.INFER_CASES:
        return None
    case = cases.INFER_CASES[options.case]
    x, *weights = cases.infer_arrays(options)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model(case, *weights), settings, providers=["CPUExecutionProvider"])
    # Input and output bound once, so that no copy is measured.
    binding = session.io_binding()
    binding.bind_cpu_input("X", np.ascontiguousarray(x.swapaxes(0, 1)))
    binding.bind_output("Y_h")

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            session.run_with_iobinding(binding)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "loss": float(binding.copy_outputs_to_cpu()[0].sum())}

    run(3)
    return run
