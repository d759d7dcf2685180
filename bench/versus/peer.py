# SPDX-License-Identifier: MIT
"""One peer, one case, in a process that lives as long as the comparison; README.md holds the protocol."""

import argparse
import importlib
import json
import os
import sys
from types import ModuleType
from typing import Any

# The module that runs a peer, and the packages that it needs.
PEERS = {
    "keras-tensorflow": ("keras_peer", ["keras", "tensorflow"]),
    "keras-jax": ("keras_peer", ["keras", "jax"]),
    "torch": ("torch_peer", ["torch"]),
    "jax": ("jax_peer", ["jax"]),
    "onnxruntime": ("onnxruntime_peer", ["onnxruntime", "onnx"]),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True, choices=sorted(PEERS))
    parser.add_argument("--case", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--tokens", help="raw int32 file [N, T]")
    parser.add_argument("--labels", help="raw float32 file [N]")
    parser.add_argument("--shape", type=lambda s: tuple(int(n) for n in s.split(",")), help="N,T")
    parser.add_argument("--arrays", help="raw float32 file: inputs and weights of an infer case")
    parser.add_argument("--epochs", type=int, default=10, help="train.imdb.book only")
    return parser.parse_args()


def set_threads(threads: int) -> None:
    """What the packages read from the environment; to be set before they are imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["JAX_PLATFORMS"] = "cpu"
    # XLA has no count of its own: it takes as many threads as the process may use cores.
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if threads < len(cores):
            os.sched_setaffinity(0, cores[:threads])


def say(channel: Any, message: dict[str, Any]) -> None:
    """One line of JSON."""
    channel.write(json.dumps(message) + "\n")
    channel.flush()


def main() -> None:
    options = arguments()
    # Packages that print must not write into the answers: the channel is a copy of stdout, stdout becomes stderr.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    set_threads(options.threads)
    module, packages = PEERS[options.peer]
    if module == "keras_peer":
        os.environ["KERAS_BACKEND"] = options.peer.removeprefix("keras-")
    versions = []
    for name in packages:
        try:
            package = importlib.import_module(name)
        except ImportError as error:
            say(channel, {"peer": options.peer, "missing": f"{name}: {error}"})
            return
        versions.append(f"{name} {package.__version__}")
    peer: ModuleType = importlib.import_module(module)
    case = peer.prepare(options)
    if case is None:
        say(channel, {"peer": options.peer, "missing": f"the case {options.case}"})
        return
    say(channel, {"peer": options.peer, "version": ", ".join(versions), "case": options.case, "ready": True})
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "quit":
            break
        if len(words) != 2 or words[0] != "run" or not words[1].isdigit() or int(words[1]) < 1:
            say(channel, {"error": f"expected 'run N' or 'quit', received {line.strip()!r}"})
            continue
        steps = int(words[1])
        say(channel, {**case(steps), "steps": steps})


main()
