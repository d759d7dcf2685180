# SPDX-License-Identifier: MIT
"""HDF5 files that are made to do harm, as .h5 of a model and as the weights within a .keras.

    python tools/golden/hostile_hdf5.py

Writes test/golden/formats/hostile_hdf5.json: a valid file of each kind, and the others by title, each with what the error
says and its code; all packed by gzip. They are read by test/support/hostile_files/h5.ts and keras.ts.
"""

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any, Callable

import h5py
import numpy as np

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "formats" / "hostile_hdf5.json"
LAYER = {"class_name": "Dense", "config": {"name": "d", "units": 1, "batch_input_shape": [None, 2]}}


def model_config(layers: list[Any], **more: Any) -> str:
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers, **more}})


def bytes_of(make: Callable[[h5py.File], None], **options: Any) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        make(file)
    return memory.getvalue()


def packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def names(*texts: str) -> np.ndarray:
    return np.array([text.encode() for text in texts] or [], dtype="S" if texts else "float64")


def legacy(file: h5py.File) -> None:
    file.attrs["keras_version"] = "2.4.0"
    file.attrs["model_config"] = model_config([LAYER])
    weights = file.create_group("model_weights")
    weights.attrs["layer_names"] = names("d")
    weights.attrs["backend"] = "jax"
    layer = weights.create_group("d")
    layer.attrs["weight_names"] = names("kernel", "bias")
    layer["kernel"] = np.ones((2, 1), np.float32)
    layer["bias"] = np.ones(1, np.float32)


def weights(file: h5py.File) -> None:
    group = file.create_group("layers/dense/vars")
    group["0"] = np.ones((2, 1), np.float32)
    group["1"] = np.ones(1, np.float32)


def changed(base: Callable[[h5py.File], None], change: Callable[[h5py.File], Any], **options: Any) -> bytes:
    def make(file: h5py.File) -> None:
        base(file)
        change(file)

    return bytes_of(make, **options)


def replaced(place: str, make: Callable[[h5py.Group, str], Any]) -> Callable[[h5py.File], None]:
    """What stands at a place gives way to something else."""

    def change(file: h5py.File) -> None:
        parent, name = place.rsplit("/", 1) if "/" in place else ("/", place)
        del file[place]
        make(file[parent], name)

    return change


def attribute(place: str, name: str, value: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[place].attrs[name]
        if value is not None:
            file[place].attrs[name] = value

    return change


def config(value: str) -> Callable[[h5py.File], None]:
    return attribute("/", "model_config", value)


def layer(**changes: Any) -> str:
    return model_config([{**LAYER, "config": {**LAYER["config"], **changes}}])


def virtual(group: h5py.Group, name: str) -> None:
    layout = h5py.VirtualLayout(shape=(2, 1), dtype="<f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(2, 1))
    group.create_virtual_dataset(name, layout)


def virtual_of_itself(group: h5py.Group, name: str) -> None:
    layout = h5py.VirtualLayout(shape=(2, 1), dtype="<f4")
    layout[:] = h5py.VirtualSource(".", f"{group.name}/{name}", shape=(2, 1))
    group.create_virtual_dataset(name, layout)


def soft_cycle(group: h5py.Group, name: str) -> None:
    group[name] = h5py.SoftLink(f"{group.name}/other")
    group["other"] = h5py.SoftLink(f"{group.name}/{name}")


def many_axes(group: h5py.Group, name: str) -> None:
    group[name] = np.ones([1] * 32, np.float32)


def named_type(group: h5py.Group, name: str) -> None:
    group[name] = np.dtype("<f4")


def scalar_null(group: h5py.Group, name: str) -> None:
    group[name] = h5py.Empty("<f4")


def deep(group: h5py.Group, name: str) -> None:
    for _ in range(200):
        group = group.create_group(name)


def big(shape: tuple[int, ...], **options: Any) -> Callable[[h5py.Group, str], None]:
    def make(group: h5py.Group, name: str) -> None:
        group.create_dataset(name, shape, "<f4", **options)

    return make


def bomb(group: h5py.Group, name: str) -> None:
    # 64 MB of zeros in 64 KB.
    data = np.zeros(16 * 2**20, np.float32)
    group.create_dataset(name, data=data, chunks=(4 * 2**20,), compression="gzip", compression_opts=9)


def filled(value: Any, dtype: str) -> Callable[[h5py.Group, str], None]:
    def make(group: h5py.Group, name: str) -> None:
        group.create_dataset(name, data=np.array(value, dtype=dtype))

    return make


def external(path: str) -> Callable[[h5py.Group, str], None]:
    def make(group: h5py.Group, name: str) -> None:
        group.create_dataset(name, (2, 1), "<f4", external=[(path, 0, 8)])

    return make


def own_chunk(group: h5py.Group, name: str) -> None:
    """A chunk whose bytes are no gzip stream."""
    data = group.create_dataset(name, (2, 1), "<f4", chunks=(2, 1), compression="gzip")
    data.id.write_direct_chunk((0, 0), b"no stream at all")


def unknown_filter(data: bytes) -> bytes:
    """The number of the filter gzip, in its message, becomes one that nobody has."""
    at = data.rindex(b"deflate\0") - 8
    assert data[at : at + 2] == b"\x01\x00"
    return data[:at] + b"\xf0\x7f" + data[at + 2 :]


def small_gzip(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, data=np.ones((2, 1), np.float32), chunks=(2, 1), compression="gzip")


# What may stand in the place of a weight.
IN_PLACE: list[tuple[str, Callable[[h5py.Group, str], Any], str, str]] = [
    ("a soft link to another weight", lambda g, n: g.__setitem__(n, h5py.SoftLink("/other")), "a soft link", "ERR_DATA"),
    ("a soft link to nowhere", lambda g, n: g.__setitem__(n, h5py.SoftLink("/nowhere/at/all")), "a soft link", "ERR_DATA"),
    ("a soft link to itself", lambda g, n: g.__setitem__(n, h5py.SoftLink(f"{g.name}/{n}")), "a soft link", "ERR_DATA"),
    ("two soft links to each other", soft_cycle, "a soft link", "ERR_DATA"),
    ("a link to another file", lambda g, n: g.__setitem__(n, h5py.ExternalLink("other.h5", "/x")), "a link to the file", "ERR_DATA"),
    ("a link to a file of the system", lambda g, n: g.__setitem__(n, h5py.ExternalLink("/etc/passwd", "/")), "/etc/passwd", "ERR_DATA"),
    ("a virtual data set over a file of the system", virtual, "a virtual data set", "ERR_DATA"),
    ("a virtual data set of itself", virtual_of_itself, "a virtual data set", "ERR_DATA"),
    ("numbers in a file of the system", external("/etc/passwd"), "cannot be read", "ERR_DATA"),
    ("numbers in a file above", external("../../secret"), "cannot be read", "ERR_DATA"),
    ("a group", lambda g, n: g.create_group(n), "a group", "ERR_DATA"),
    ("a group within itself", lambda g, n: g.__setitem__(n, g), "a group", "ERR_DATA"),
    ("groups, 200 deep", deep, "a group", "ERR_DATA"),
    ("nothing", lambda g, n: None, "an array", "ERR_DATA"),
    ("a type", named_type, "of another kind", "ERR_DATA"),
    ("an array of no space", scalar_null, "at most 8 axes", "ERR_DATA"),
    ("an array of 32 axes", many_axes, "at most 8 axes", "ERR_DATA"),
    ("whole numbers", filled([[1], [2]], "<i4"), "of floats", "ERR_DATA"),
    ("big-endian floats", filled([[1], [2]], ">f4"), "little-endian", "ERR_DATA"),
    ("half floats", filled([[1], [2]], "<f2"), "class 1 of 2 bytes", "ERR_DATA"),
    ("complex numbers", filled([[1], [2]], "<c8"), "of floats or whole numbers", "ERR_DATA"),
    ("texts", filled([b"a", b"b"], "S4"), "of floats or whole numbers", "ERR_DATA"),
    ("records", filled([(1, 2)], "i4,f4"), "of floats or whole numbers", "ERR_DATA"),
    ("truths", filled([[True], [False]], "?"), "of floats or whole numbers", "ERR_DATA"),
    ("opaque bytes", filled([b"abcd"], "V4"), "of floats or whole numbers", "ERR_DATA"),
    ("another shape", filled([[1], [2], [3]], "<f4"), "of shape", "ERR_SHAPE"),
    ("another rank", filled([1, 2], "<f4"), "of shape", "ERR_SHAPE"),
    ("no rows", filled(np.zeros((0, 1)), "<f4"), "of shape", "ERR_SHAPE"),
    ("2^62 floats that are nowhere", big((2**31, 2**31), chunks=(1, 1)), "at most \\d+ bytes", "ERR_DATA"),
    ("2^40 floats in chunks of a gigabyte", big((2**40,), chunks=(2**28,)), "at most \\d+ bytes", "ERR_DATA"),
    ("sizes whose product overflows", big((2**62, 4), chunks=(1, 1)), "at most \\d+ bytes", "ERR_DATA"),
    ("a bomb", bomb, "at most \\d+ bytes|of shape", "ERR_DATA"),
    ("a chunk that is no gzip", own_chunk, "cannot be read", "ERR_DATA"),
]

# What else may be wrong with an .h5.
LEGACY: list[tuple[str, Callable[[h5py.File], Any], str, str]] = [
    ("no model", attribute("/", "model_config", None), "a file without one", "ERR_DATA"),
    ("a model that is a number", config(7), "of texts", "ERR_DATA"),
    ("a model that is a list of numbers", config(np.arange(5)), "of texts", "ERR_DATA"),
    ("a model that is empty", config(h5py.Empty("S1")), "a model", "ERR_DATA"),
    ("a model that is no JSON", config("{"), "JSON", "ERR_DATA"),
    ("a model that is null", config("null"), "", "ERR_DATA"),
    ("a model that is a list", config("[1]"), "", "ERR_DATA"),
    ("a deep nest", config("[" * 20000 + "]" * 20000), "", "ERR_DATA"),
    ("a prototype", config('{"class_name": "Sequential", "config": {"__proto__": {"layers": []}}}'), "__proto__", "ERR_DATA"),
    ("NaN where JSON has none", config('{"class_name": "Sequential", "config": NaN}'), "", "ERR_DATA"),
    ("code", config(model_config([{"class_name": "Lambda", "config": {"name": "l", "function": ["x"]}}])), "Lambda", "ERR_UNKNOWN_NAME"),
    ("a class of its own", config('{"class_name": "Mine", "config": {"name": "m", "layers": []}}'), "Mine", "ERR_DATA"),
    ("two billion units", config(layer(units=2**31 - 1)), "", "ERR_CONFIG"),
    ("no units", config(layer(units=None)), "units", "ERR_TYPE"),
    ("a name with a path", config(layer(name="../../etc")), "", "ERR_CONFIG"),
    ("layers that are no list", config('{"class_name": "Sequential", "config": {"name": "s", "layers": 7}}'), "", "ERR_DATA"),
    ("no layers", config(model_config([])), "", "ERR_DATA"),
    ("five hundred layers of one name", config(model_config([LAYER] * 500)), "", "ERR_CONFIG"),
    ("time that comes first", config(model_config([{"class_name": "LSTM", "config": {"name": "d", "units": 1, "time_major": True, "batch_input_shape": [None, 2, 2]}}])), "time_major", "ERR_CONFIG"),
    ("no weights", lambda f: f.__delitem__("model_weights"), "layer_names", "ERR_DATA"),
    ("weights that are an array", replaced("model_weights", filled([1], "<f4")), "layer_names", "ERR_DATA"),
    ("weights behind a soft link", lambda f: (f.move("model_weights", "elsewhere"), f.__setitem__("model_weights", h5py.SoftLink("/elsewhere"))), "a soft link", "ERR_DATA"),
    ("weights in another file", replaced("model_weights", lambda g, n: g.__setitem__(n, h5py.ExternalLink("/etc/passwd", "/"))), "/etc/passwd", "ERR_DATA"),
    ("no names of layers", attribute("model_weights", "layer_names", None), "layer_names", "ERR_DATA"),
    ("names of layers that are numbers", attribute("model_weights", "layer_names", np.arange(3)), "of texts", "ERR_DATA"),
    ("names of layers that lead out", attribute("model_weights", "layer_names", names("../model_weights/d")), "", "ERR_DATA"),
    ("a layer that is not there", attribute("model_weights", "layer_names", names("e")), "1 layers with weights", "ERR_DATA"),
    ("one layer twice", attribute("model_weights", "layer_names", names("d", "d")), "layer_names that differ", "ERR_DATA"),
    ("five thousand layers", attribute("model_weights", "layer_names", names(*["d"] * 5000)), "layer_names that differ", "ERR_DATA"),
    ("no names of weights", attribute("model_weights/d", "weight_names", None), "1 layers with weights", "ERR_DATA"),
    ("names of weights that lead out", attribute("model_weights/d", "weight_names", names("../../x", "bias")), "an array", "ERR_DATA"),
    ("names of weights from the root", attribute("model_weights/d", "weight_names", names("/model_weights/d/kernel", "bias")), "an array", "ERR_DATA"),
    ("a thousand weights", attribute("model_weights/d", "weight_names", names(*["kernel"] * 1000)), "2 weights", "ERR_DATA"),
    ("a layer behind a soft link", replaced("model_weights/d", lambda g, n: g.__setitem__(n, h5py.SoftLink("/model_weights"))), "a soft link", "ERR_DATA"),
]


def main() -> None:
    valid, valid_weights = bytes_of(legacy), bytes_of(weights)
    hdf5: list[dict[str, str]] = []
    archives: list[dict[str, str]] = []

    def add(into: list[dict[str, str]], title: str, data: bytes, message: str, code: str) -> None:
        into.append({"title": title, "file": packed(data), "message": message, "code": code})

    for title, make, message, code in IN_PLACE:
        add(hdf5, title, changed(legacy, replaced("model_weights/d/kernel", make)), message, code)
        add(archives, title, changed(weights, replaced("layers/dense/vars/0", make)), message, code)
    deflated = changed(legacy, replaced("model_weights/d/kernel", small_gzip))
    add(hdf5, "a filter that nobody has", unknown_filter(deflated), "cannot be read", "ERR_DATA")
    for title, change, message, code in LEGACY:
        # Attributes of more than 64 KB lie elsewhere in newer files.
        add(hdf5, title, changed(legacy, change, libver="latest"), message, code)
    groups = changed(weights, lambda f: (f.move("layers", "elsewhere"), f.__setitem__("layers", h5py.SoftLink("/elsewhere"))))
    add(archives, "layers behind a soft link", groups, "a soft link", "ERR_DATA")
    alone = {"h5": packed(valid), "weights": packed(valid_weights)}
    OUT.write_text(json.dumps({"valid": alone, "h5": hdf5, "keras": archives}, indent=1) + "\n")
    print(f"{len(hdf5)} files, {len(archives)} archives, {OUT.stat().st_size} bytes")


main()
