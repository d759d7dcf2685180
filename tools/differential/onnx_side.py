# SPDX-License-Identifier: MIT
"""Runs ONNX files on ONNX Runtime's CPU provider: one JSON line in, one JSON line out.

    {"file": PATH, "inputs": {NAME: {"shape": [...], "type": "float32", "data": BASE64}}}
    {"outputs": [{"name", "shape", "data": BASE64 of float32}]} or {"error": TEXT}

The first line out has the versions. `--check` also has the onnx package check each file, where it is installed.
"""

import argparse
import base64
import json
import sys
from typing import Any

import numpy as np
import onnxruntime as ort


def run(request: dict[str, Any], check: bool) -> dict[str, Any]:
    """The outputs of a file for these inputs."""
    if check:
        import onnx

        onnx.checker.check_model(onnx.load(request["file"]), full_check=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(request["file"], options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
    feeds = {}
    for wanted in session.get_inputs():
        given = request["inputs"][wanted.name]
        values = np.frombuffer(base64.b64decode(given["data"]), given["type"]).reshape(given["shape"])
        feeds[wanted.name] = values.astype(types[wanted.type])
    names = [output.name for output in session.get_outputs()]
    return {
        "outputs": [
            {"name": name, "shape": list(values.shape), "data": base64.b64encode(np.float32(values).tobytes()).decode()}
            for name, values in zip(names, session.run(names, feeds))
        ]
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    print(json.dumps({"onnxruntime": ort.__version__, "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        try:
            answer = run(json.loads(line), arguments.check)
        except Exception as error:  # noqa: BLE001: whatever the runtime refuses is what we are to hear of.
            answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
