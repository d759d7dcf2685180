# SPDX-License-Identifier: MIT
"""ONNX Runtime: its RNN operator on one sequence."""

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


def model(kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> bytes:
    """A graph of one RNN node: X [T, 1, C] -> Y [T, 1, 1, H] and Y_h [1, 1, H]."""
    steps, features, units = cases.INFER_STEPS, cases.INFER_FEATURES, cases.INFER_UNITS
    weights = {
        "W": kernel.T[None],
        "R": recurrent.T[None],
        "B": np.concatenate([bias, np.zeros_like(bias)])[None],
    }
    node = helper.make_node("RNN", ["X", "W", "R", "B"], ["Y", "Y_h"], hidden_size=units, activations=["Tanh"])
    graph = helper.make_graph(
        [node],
        "rnn",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [steps, 1, features])],
        [
            helper.make_tensor_value_info("Y", TensorProto.FLOAT, [steps, 1, 1, units]),
            helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, 1, units]),
        ],
        [numpy_helper.from_array(np.ascontiguousarray(w), name) for name, w in weights.items()],
    )
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(result)
    return result.SerializeToString()


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, warm; None where this peer has no part in it."""
    if options.case != "infer.rnn32":
        return None
    x, *weights = cases.infer_weights()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model(*weights), settings, providers=["CPUExecutionProvider"])
    # Input and outputs bound once, so that no copy is measured.
    binding = session.io_binding()
    binding.bind_cpu_input("X", np.ascontiguousarray(x[:, None]))
    for name in ("Y", "Y_h"):
        binding.bind_output(name)

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            session.run_with_iobinding(binding)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "loss": float(binding.copy_outputs_to_cpu()[1].sum())}

    run(3)
    return run
