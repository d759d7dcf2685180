# SPDX-License-Identifier: MIT
"""Files of arrays as numpy writes them, and their elements: test/golden/formats/npy.json."""

import base64
import io
import json
import pathlib

import numpy as np
from numpy.lib import format as npy_format

OUT = pathlib.Path(__file__).parents[2] / "test" / "golden" / "formats" / "npy.json"
MADE_BY = f"numpy {np.__version__}, python tools/golden/numpy_files.py"
SEED = 16


def encoded(write) -> str:
    """The bytes that `write` puts into a file."""
    file = io.BytesIO()
    write(file)
    return base64.b64encode(file.getvalue()).decode()


def elements(array: np.ndarray) -> list:
    """Elements in C order; JSON has no NaN and no infinity."""
    return [str(v) if isinstance(v, float) and not np.isfinite(v) else v for v in array.ravel(order="C").tolist()]


def case(name: str, array: np.ndarray, version=None) -> dict:
    file = encoded(lambda f: npy_format.write_array(f, array, version=version, allow_pickle=False))
    return {"name": name, "shape": array.shape, "elements": elements(array), "file": file}


def main() -> None:
    rng = np.random.default_rng(SEED)
    floats = rng.standard_normal((2, 3, 4))
    halves = np.array([0, -0.0, 1, -1.5, 6.1e-5, 5.96e-8, 65504, np.inf, -np.inf, np.nan, 1 / 3], np.float16)
    small = rng.integers(-100, 100, (3, 5))
    same = [case(kind, floats.astype(kind)) for kind in ("float32", "float64")]
    same += [case(kind, small.astype(kind)) for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32")]
    same += [
        case("a scalar", np.float32(2.5).reshape(())),
        case("a vector", np.arange(3, dtype=np.float32)),
        case("nothing", np.zeros((0, 4), np.float32)),
    ]
    read = [
        case("float16", halves),
        case("bool", small > 0),
        case("int64 of 32 bits", np.array([0, -1, 2147483647, -2147483648], np.int64)),
        case("int64 beyond 32 bits", np.array([2**31, -(2**53) + 1], np.int64)),
        case("uint64", np.array([0, 2**53 - 1], np.uint64)),
        case("version 2", floats.astype(np.float32), (2, 0)),
        case("version 3", floats.astype(np.float32), (3, 0)),
        case("Fortran order", np.asfortranarray(floats.astype(np.float32))),
        case("a Fortran matrix of halves", np.asfortranarray(halves[:10].reshape(2, 5))),
    ]
    for kind in (">f2", ">f4", ">f8", ">i2", ">u2", ">i4", ">u4", ">i8", ">u8"):
        read.append(case(f"big-endian {kind}", np.abs(small).astype(kind)))
    arrays = {"x": floats.astype(np.float32), "y": small, "größe": np.array([1.5])}
    archive = {
        "arrays": {name: {"shape": a.shape, "elements": elements(a)} for name, a in arrays.items()},
        "stored": encoded(lambda f: np.savez(f, **arrays)),
        "deflated": encoded(lambda f: np.savez_compressed(f, **arrays)),
    }
    refused = {
        "complex": encoded(lambda f: np.save(f, np.ones(2, np.complex64))),
        "text": encoded(lambda f: np.save(f, np.array(["a", "b"]))),
        "dates": encoded(lambda f: np.save(f, np.array(["2020-01-01"], "datetime64[D]"))),
        "objects": encoded(lambda f: np.save(f, np.array([{"a": 1}], object), allow_pickle=True)),
        "records": encoded(lambda f: np.save(f, np.zeros(2, [("a", "<i4"), ("b", "<f4")]))),
        "int64 beyond a double": encoded(lambda f: np.save(f, np.array([2**53 + 1], np.int64))),
    }
    OUT.parent.mkdir(exist_ok=True)
    golden = {"provenance": MADE_BY, "same": same, "read": read, "archive": archive, "refused": refused}
    OUT.write_text(json.dumps(golden, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
