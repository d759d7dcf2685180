# SPDX-License-Identifier: MIT
"""Files as Keras 1, 2 and tf.keras laid them out, and what their layers compute.

    python tools/golden/keras2_files.py

Writes test/golden/formats/keras2/. No Keras of that time is at hand: the files are laid out here with h5py as
keras/engine/saving.py (2.2.4) and tensorflow/python/keras/saving/hdf5_format.py (2.4) did, and predictions are computed
here with numpy, in double precision, by the equations of those layers.
"""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "formats" / "keras2"
RNG = np.random.default_rng(22)


def draw(*shape: int) -> np.ndarray:
    return (RNG.standard_normal(shape) * 0.5).astype(np.float32)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x: Any) -> Any:
    """That of Keras 1 and 2."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def lstm(x: Any, w: list[Any], gate: Any = hard_sigmoid, sequences: bool = False, mask: Any = None) -> Any:
    kernel, recurrent, bias = w
    units = recurrent.shape[0]
    h, c, out = np.zeros((len(x), units)), np.zeros((len(x), units)), []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent + bias
        i, f, g, o = gate(z[:, :units]), gate(z[:, units : 2 * units]), np.tanh(z[:, 2 * units : 3 * units]), gate(z[:, 3 * units :])
        c_new = f * c + i * g
        h_new = o * np.tanh(c_new)
        counts = np.ones((len(x), 1), bool) if mask is None else mask[:, t : t + 1]
        h, c = np.where(counts, h_new, h), np.where(counts, c_new, c)
        out.append(h)
    return np.stack(out, 1) if sequences else h


def gru(x: Any, w: list[Any], gate: Any = hard_sigmoid, reset_after: bool = False) -> Any:
    kernel, recurrent, bias = w
    units = recurrent.shape[0]
    h = np.zeros((len(x), units))
    b, rb = bias if reset_after else (bias, np.zeros_like(bias))
    for t in range(x.shape[1]):
        xs = x[:, t] @ kernel + b
        zr = h @ recurrent[:, : 2 * units] + rb[: 2 * units]
        z, r = gate(xs[:, :units] + zr[:, :units]), gate(xs[:, units : 2 * units] + zr[:, units:])
        if reset_after:
            inner = r * (h @ recurrent[:, 2 * units :] + rb[2 * units :])
        else:
            inner = (r * h) @ recurrent[:, 2 * units :]
        h = z * h + (1 - z) * np.tanh(xs[:, 2 * units :] + inner)
    return h


def cudnn_kernel(kernel: Any, gates: int) -> Any:
    """As CuDNN layers hold it: keras/engine/saving.py, convert_rnn_weights, the way to them."""
    return np.hstack([k.T.reshape(k.shape) for k in np.hsplit(kernel, gates)])


def cudnn_recurrent(recurrent: Any, gates: int) -> Any:
    return np.hstack([k.T for k in np.hsplit(recurrent, gates)])


def initializer(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


def recurrent_config(name: str, units: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "trainable": True, "return_sequences": False, "return_state": False, "go_backwards": False,
        "stateful": False, "unroll": False, "units": units, "activation": "tanh", "recurrent_activation": "hard_sigmoid",
        "use_bias": True, "kernel_initializer": initializer("VarianceScaling", scale=1.0, mode="fan_avg", distribution="uniform", seed=None),
        "recurrent_initializer": initializer("Orthogonal", gain=1.0, seed=None), "bias_initializer": initializer("Zeros"),
        "kernel_regularizer": None, "recurrent_regularizer": None, "bias_regularizer": None, "activity_regularizer": None,
        "kernel_constraint": None, "recurrent_constraint": None, "bias_constraint": None, "dropout": 0.0,
        "recurrent_dropout": 0.0, "implementation": 1, **more,
    }  # fmt: skip


def dense_config(name: str, units: int, activation: str = "linear", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "trainable": True, "units": units, "activation": activation, "use_bias": True,
        "kernel_initializer": initializer("VarianceScaling", scale=1.0, mode="fan_avg", distribution="uniform", seed=None),
        "bias_initializer": initializer("Zeros"), "kernel_regularizer": None, "bias_regularizer": None,
        "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None, **more,
    }  # fmt: skip


def entry(class_name: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config, **more}


def save(
    name: str,
    model: dict[str, Any],
    weights: dict[str, list[tuple[str, Any]]],
    version: str | None,
    training: Any = None,
    optimizer: list[tuple[str, Any]] | None = None,
) -> None:
    """The layout of Keras 2: names are arrays of bytes."""
    with h5py.File(OUT / name, "w") as f:
        f.attrs["backend"] = b"tensorflow"
        if version is not None:
            f.attrs["keras_version"] = version.encode()
        f.attrs["model_config"] = json.dumps(model).encode()
        if training is not None:
            f.attrs["training_config"] = json.dumps(training).encode()
        g = f.create_group("model_weights")
        g.attrs["layer_names"] = [layer.encode() for layer in weights]
        for layer, arrays in weights.items():
            group = g.create_group(layer)
            group.attrs["weight_names"] = [key.encode() for key, _ in arrays]
            for key, value in arrays:
                group.create_dataset(key, data=value)
        if optimizer is not None:
            group = f.create_group("optimizer_weights")
            group.attrs["weight_names"] = [key.encode() for key, _ in optimizer]
            for key, value in optimizer:
                group.create_dataset(key, data=value)


def named(layer: str, keys: str, arrays: list[Any]) -> list[tuple[str, Any]]:
    return [(f"{layer}/{key}:0", array) for key, array in zip(keys.split(), arrays)]


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    rnn = "kernel recurrent_kernel bias"

    def note(name: str, x: Any, y: Any, within: float | None = None) -> None:
        plain = lambda a: {"shape": list(a.shape), "data": [float(f"{v:.9g}") for v in np.asarray(a, float).ravel()]}  # noqa: E731
        files[name] = {"inputs": [plain(x)], "outputs": [plain(y)], **({} if within is None else {"within": within})}

    x = draw(2, 5, 3)
    ids = np.array([[1, 2, 3, 4, 5], [3, 1, 0, 0, 0]])
    table, w, d = draw(7, 3), [draw(3, 16), draw(4, 16), draw(16)], [draw(4, 1), draw(1)]

    # Keras 2.2.4: gates are hard sigmoids, ids are padded.
    embedding = {"name": "embedding_1", "trainable": True, "batch_input_shape": [None, None], "dtype": "float32",
                 "input_dim": 7, "output_dim": 3, "embeddings_initializer": initializer("RandomUniform", minval=-0.05, maxval=0.05, seed=None),
                 "embeddings_regularizer": None, "activity_regularizer": None, "embeddings_constraint": None,
                 "mask_zero": True, "input_length": None}  # fmt: skip
    layers = [entry("Embedding", embedding), entry("LSTM", recurrent_config("lstm_1", 4, unit_forget_bias=True)),
              entry("Dense", dense_config("dense_1", 1, "sigmoid"))]  # fmt: skip
    arrays = {"embedding_1": named("embedding_1", "embeddings", [table]), "lstm_1": named("lstm_1", rnn, w),
              "dense_1": named("dense_1", "kernel bias", d)}  # fmt: skip
    compiled = {"optimizer_config": {"class_name": "Adam", "config": {"lr": 0.001, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.01,
                "epsilon": 1e-7, "amsgrad": False}}, "loss": "binary_crossentropy", "metrics": ["acc"],
                "sample_weight_mode": None, "loss_weights": None}  # fmt: skip
    save("lstm_hard_sigmoid.h5", entry("Sequential", {"name": "sequential_1", "layers": layers}), arrays, "2.2.4", compiled)
    note("lstm_hard_sigmoid.h5", ids, sigmoid(lstm(table[ids], w, mask=ids != 0) @ d[0] + d[1]))

    # Keras 2.1: the config of a Sequential is a list.
    first = recurrent_config("gru_1", 4, batch_input_shape=[None, 5, 3], dtype="float32")
    g = [draw(3, 12), draw(4, 12), draw(12)]
    model = {"class_name": "Sequential", "config": [entry("GRU", first), entry("Dense", dense_config("dense_1", 1))]}
    save("gru_list.h5", model, {"gru_1": named("gru_1", rnn, g), "dense_1": named("dense_1", "kernel bias", d)}, "2.1.6")
    note("gru_list.h5", x, gru(x, g) @ d[0] + d[1])

    # Layers of CuDNN, whose weights lie otherwise.
    def cudnn(name: str, **more: Any) -> dict[str, Any]:
        config = recurrent_config(name, 4, batch_input_shape=[None, 5, 3], **more)
        for key in ("activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout", "implementation", "unroll"):
            del config[key]
        return config

    one, other = draw(16), draw(16)
    held = [cudnn_kernel(w[0], 4), cudnn_recurrent(w[1], 4), np.concatenate([one, other])]
    model = entry("Sequential", {"name": "s", "layers": [entry("CuDNNLSTM", cudnn("cu_dnnlstm_1", unit_forget_bias=True))]})
    save("cudnn_lstm.h5", model, {"cu_dnnlstm_1": named("cu_dnnlstm_1", rnn, held)}, "2.2.4")
    note("cudnn_lstm.h5", x, lstm(x, [w[0], w[1], one + other], sigmoid))
    both = draw(2, 12)
    held = [cudnn_kernel(g[0], 3), cudnn_recurrent(g[1], 3), both.reshape(-1)]
    model = entry("Sequential", {"name": "s", "layers": [entry("CuDNNGRU", cudnn("cu_dnngru_1"))]})
    save("cudnn_gru.h5", model, {"cu_dnngru_1": named("cu_dnngru_1", rnn, held)}, "2.2.4")
    note("cudnn_gru.h5", x, gru(x, [g[0], g[1], both], sigmoid, reset_after=True))

    # tf.keras 2.4: an InputLayer, names of weights with the cell, sigmoid gates.
    inputs = entry("InputLayer", {"batch_input_shape": [None, 5, 3], "dtype": "float32", "sparse": False, "ragged": False, "name": "lstm_input"})
    config = recurrent_config("lstm", 4, recurrent_activation="sigmoid", unit_forget_bias=True, time_major=False, dtype="float32", implementation=2)
    model = entry("Sequential", {"name": "sequential", "layers": [inputs, entry("LSTM", config), entry("Dense", dense_config("dense", 1, dtype="float32"))]})
    arrays = {"lstm": named("lstm/lstm_cell", rnn, w), "dense": named("dense", "kernel bias", d)}
    compiled = {"loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}},
                "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"}}]],
                "weighted_metrics": None, "loss_weights": None,
                "optimizer_config": {"class_name": "RMSprop", "config": {"name": "RMSprop", "learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}}}  # fmt: skip
    save("tf_keras_lstm.h5", model, arrays, "2.4.0", compiled)
    note("tf_keras_lstm.h5", x, lstm(x, w, sigmoid) @ d[0] + d[1])

    # A graph, with states handed over in the list of inputs.
    config = recurrent_config("encoder", 4, unit_forget_bias=True, return_state=True)
    other_config = recurrent_config("decoder", 4, unit_forget_bias=True)
    w2 = [draw(3, 16), draw(4, 16), draw(16)]
    graph = [
        entry("InputLayer", {"batch_input_shape": [None, 5, 3], "dtype": "float32", "sparse": False, "name": "input_1"}, name="input_1", inbound_nodes=[]),
        entry("LSTM", config, name="encoder", inbound_nodes=[[["input_1", 0, 0, {}]]]),
        entry("LSTM", other_config, name="decoder", inbound_nodes=[[["input_1", 0, 0, {}], ["encoder", 0, 1, {}], ["encoder", 0, 2, {}]]]),
        entry("Add", {"name": "add_1", "trainable": True}, name="add_1", inbound_nodes=[[["encoder", 0, 0, {}], ["decoder", 0, 0, {}]]]),
    ]  # fmt: skip
    model = entry("Model", {"name": "model_1", "layers": graph, "input_layers": [["input_1", 0, 0]], "output_layers": [["add_1", 0, 0]]})
    save("graph.h5", model, {"input_1": [], "encoder": named("encoder", rnn, w), "decoder": named("decoder", rnn, w2), "add_1": []}, "2.2.4")
    h, c = run_states(x, w)
    note("graph.h5", x, h + lstm_from(x, w2, h, c))

    # Both directions, whose layer has the plain name in the config.
    wb = [draw(3, 16), draw(4, 16), draw(16)]
    both_ways = {"name": "bidirectional_1", "trainable": True, "batch_input_shape": [None, 5, 3], "merge_mode": "concat",
                 "layer": entry("LSTM", recurrent_config("lstm_1", 4, unit_forget_bias=True))}  # fmt: skip
    model = entry("Sequential", {"name": "s", "layers": [entry("Bidirectional", both_ways)]})
    arrays = {"bidirectional_1": named("bidirectional_1/forward_lstm_1", rnn, w) + named("bidirectional_1/backward_lstm_1", rnn, wb)}
    save("bidirectional.h5", model, arrays, "2.2.4")
    note("bidirectional.h5", x, np.concatenate([lstm(x, w), lstm(x[:, ::-1], wb)], -1))

    # Timesteps one by one, a normalization, an older leaky rectifier, a hard sigmoid of a dense layer.
    kernel, bias = draw(3, 4), draw(4)
    gamma, beta, mean, variance = draw(4), draw(4), draw(4), np.abs(draw(4)) + np.float32(0.5)
    step = {"name": "time_distributed_1", "trainable": True, "batch_input_shape": [None, 5, 3], "layer": entry("Dense", dense_config("dense_1", 4))}
    norm = {"name": "batch_normalization_1", "trainable": True, "axis": [2], "momentum": 0.99, "epsilon": 0.001, "center": True,
            "scale": True, "beta_initializer": initializer("Zeros"), "gamma_initializer": initializer("Ones"),
            "moving_mean_initializer": initializer("Zeros"), "moving_variance_initializer": initializer("Ones"),
            "beta_regularizer": None, "gamma_regularizer": None, "beta_constraint": None, "gamma_constraint": None}  # fmt: skip
    layers = [entry("TimeDistributed", step), entry("BatchNormalization", norm), entry("LeakyReLU", {"name": "leaky_re_lu_1", "trainable": True, "alpha": 0.2}),
              entry("Flatten", {"name": "flatten_1", "trainable": True, "data_format": "channels_last"}),
              entry("Dense", dense_config("dense_2", 2, "hard_sigmoid"))]  # fmt: skip
    last = [draw(20, 2), draw(2)]
    arrays = {"time_distributed_1": named("time_distributed_1", "kernel bias", [kernel, bias]),
              "batch_normalization_1": named("batch_normalization_1", "gamma beta moving_mean moving_variance", [gamma, beta, mean, variance]),
              "leaky_re_lu_1": [], "flatten_1": [], "dense_2": named("dense_2", "kernel bias", last)}  # fmt: skip
    save("steps.h5", entry("Sequential", {"name": "s", "layers": layers}), arrays, "2.2.4")
    h = (x @ kernel + bias - mean) / np.sqrt(variance + 0.001) * gamma + beta
    h = np.where(h > 0, h, 0.2 * h).reshape(2, -1)
    note("steps.h5", x, hard_sigmoid(h @ last[0] + last[1]))

    # A simple recurrent layer, of a file that does not say its version.
    s = [draw(3, 4), draw(4, 4), draw(4)]
    config = recurrent_config("simple_rnn_1", 4, batch_input_shape=[None, 5, 3], activation="hard_sigmoid")
    del config["recurrent_activation"]
    save("simple_rnn.h5", entry("Sequential", {"name": "s", "layers": [entry("SimpleRNN", config)]}), {"simple_rnn_1": named("simple_rnn_1", rnn, s)}, None)
    h = np.zeros((2, 4))
    for t in range(5):
        h = hard_sigmoid(x[:, t] @ s[0] + h @ s[1] + s[2])
    note("simple_rnn.h5", x, h)

    # A convolution before a stack.
    conv = {"name": "conv1d_1", "trainable": True, "batch_input_shape": [None, 5, 3], "filters": 3, "kernel_size": [2], "strides": [1],
            "padding": "valid", "data_format": "channels_last", "dilation_rate": [1], "activation": "relu", "use_bias": True,
            "kernel_initializer": initializer("VarianceScaling", scale=1.0, mode="fan_avg", distribution="uniform", seed=None),
            "bias_initializer": initializer("Zeros"), "kernel_regularizer": None, "bias_regularizer": None,
            "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None}  # fmt: skip
    k, b = draw(2, 3, 3), draw(3)
    layers = [entry("Conv1D", conv), entry("LSTM", recurrent_config("lstm_1", 4, unit_forget_bias=True, return_sequences=True)), entry("GRU", recurrent_config("gru_1", 4, reset_after=False))]
    g2 = [draw(4, 12), draw(4, 12), draw(12)]
    arrays = {"conv1d_1": named("conv1d_1", "kernel bias", [k, b]), "lstm_1": named("lstm_1", rnn, w), "gru_1": named("gru_1", rnn, g2)}
    save("conv_stack.h5", entry("Sequential", {"name": "s", "layers": layers}), arrays, "2.2.4")
    h = np.maximum(sum(x[:, i : i + 4] @ k[i] for i in range(2)) + b, 0)
    note("conv_stack.h5", x, gru(lstm(h, w, sequences=True), g2))

    # A model within: its calls count from 1. Behind it is a hard sigmoid without weights.
    inner = entry("Sequential", {"name": "inner", "layers": [entry("LSTM", recurrent_config("lstm_1", 4, unit_forget_bias=True, batch_input_shape=[None, 5, 3]))]})
    graph = [
        entry("InputLayer", {"batch_input_shape": [None, 5, 3], "dtype": "float32", "sparse": False, "name": "input_1"}, name="input_1", inbound_nodes=[]),
        {**inner, "name": "inner", "inbound_nodes": [[["input_1", 0, 0, {}]]]},
        entry("Activation", {"name": "activation_1", "trainable": True, "activation": "hard_sigmoid"}, name="activation_1", inbound_nodes=[[["inner", 1, 0, {}]]]),
    ]  # fmt: skip
    model = entry("Model", {"name": "model_1", "layers": graph, "input_layers": [["input_1", 0, 0]], "output_layers": [["activation_1", 0, 0]]})
    save("within.h5", model, {"input_1": [], "inner": named("lstm_1", rnn, w), "activation_1": []}, "2.2.4")
    note("within.h5", x, hard_sigmoid(lstm(x, w)))

    # Both directions over padded ids: masked steps repeat what came before, where Keras 3 says zero.
    both_ways = {"name": "bidirectional_1", "trainable": True, "merge_mode": "concat",
                 "layer": entry("LSTM", recurrent_config("lstm_1", 4, unit_forget_bias=True, return_sequences=True))}  # fmt: skip
    layers = [entry("Embedding", embedding), entry("Bidirectional", both_ways)]
    arrays = {"embedding_1": named("embedding_1", "embeddings", [table]),
              "bidirectional_1": named("bidirectional_1/forward_lstm_1", rnn, w) + named("bidirectional_1/backward_lstm_1", rnn, wb)}  # fmt: skip
    save("bidirectional_masked.h5", entry("Sequential", {"name": "s", "layers": layers}), arrays, "2.2.4")
    seen, mask = table[ids], ids != 0
    backward = lstm(seen[:, ::-1], wb, sequences=True, mask=mask[:, ::-1])[:, ::-1]
    note("bidirectional_masked.h5", ids, np.concatenate([lstm(seen, w, sequences=True, mask=mask), backward], -1))

    # Optimizers in the middle of a training: Keras 2.2.4, whose Adam has placeholders, and tf.keras.
    steps: dict[str, Any] = {}
    x2, y2 = draw(4, 3), draw(4, 1)
    for name, version, kind, rates in [("adam_state.h5", "2.2.4", "Adam", {"lr": 0.01}), ("adam_state_tf.h5", "2.4.0", "Adam", {"learning_rate": 0.01}),
                                       ("sgd_state.h5", "2.2.4", "SGD", {"lr": 0.05})]:  # fmt: skip
        p = [draw(3, 1), draw(1)]
        m, v, t = [draw(3, 1), draw(1)], [np.abs(draw(3, 1)), np.abs(draw(1))], 7
        if kind == "Adam":
            own = {"beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-7, "amsgrad": False}
            held = [np.int64(t), *m, *v, *([np.zeros(1, np.float32)] * 2 if version == "2.2.4" else [])]
        else:
            own = {"momentum": 0.9, "decay": 0.0, "nesterov": False}
            held = [np.int64(t), *m]
        dense = dense_config("dense_1", 1, batch_input_shape=[None, 3])
        compiled = {"optimizer_config": {"class_name": kind, "config": {**rates, **own}}, "loss": "mean_squared_error", "metrics": []}
        save(name, entry("Sequential", {"name": "s", "layers": [entry("Dense", dense)]}), {"dense_1": named("dense_1", "kernel bias", p)},
             version, compiled, [(f"training/{kind}/v{i}:0", a) for i, a in enumerate(held)])  # fmt: skip
        note(name, x2, x2 @ p[0] + p[1])
        error = 2 * (x2 @ p[0] + p[1] - y2) / 4
        after = []
        for weight, gradient, mean, square in zip(p, [x2.T @ error, error.sum(0)], m, v):
            if kind == "SGD":
                after.append(weight + 0.9 * mean - 0.05 * gradient)
                continue
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            rate = 0.01 * np.sqrt(1 - 0.999 ** (t + 1)) / (1 - 0.9 ** (t + 1))
            after.append(weight - rate * mean / (np.sqrt(square) + 1e-7))
        steps[name] = {"x": x2.tolist(), "y": y2.tolist(), "after": [a.astype(float).tolist() for a in after], "iterations": t}

    provenance = {"script": "tools/golden/keras2_files.py", "layout": "keras 2.1 to 2.2.4 and tf.keras 2.4", "h5py": h5py.__version__}
    lines = ",\n".join(f'"{name}": {json.dumps(record, separators=(",", ":"))}' for name, record in files.items())
    (OUT / "predictions.json").write_text(f'{{"provenance": {json.dumps(provenance)},\n"steps": {json.dumps(steps)},\n"files": {{\n{lines}\n}}}}\n')
    print(len(files), "files")


def run_states(x: Any, w: list[Any], h: Any = None, c: Any = None) -> Any:
    """The last states of an LSTM with hard gates."""
    units = w[1].shape[0]
    h = np.zeros((len(x), units)) if h is None else h
    c = np.zeros((len(x), units)) if c is None else c
    for t in range(x.shape[1]):
        z = x[:, t] @ w[0] + h @ w[1] + w[2]
        i, f, o = (hard_sigmoid(z[:, n * units : (n + 1) * units]) for n in (0, 1, 3))
        c = f * c + i * np.tanh(z[:, 2 * units : 3 * units])
        h = o * np.tanh(c)
    return h, c


def lstm_from(x: Any, w: list[Any], h: Any, c: Any) -> Any:
    return run_states(x, w, h, c)[0]


if __name__ == "__main__":
    main()
