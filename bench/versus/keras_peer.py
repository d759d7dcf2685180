# SPDX-License-Identifier: MIT
"""Keras 3 on TensorFlow (XLA) or on JAX: the compiled train step of the public API, without the loop of `fit` around it."""

import argparse
import os
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import cases
import keras

BACKEND = os.environ["KERAS_BACKEND"]
layers = keras.layers
CELLS = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def token_model(case: cases.TokenCase, steps: int) -> Any:
    """The IMDB model, or the stack."""
    stack = [CELLS[case.cell](case.units, return_sequences=i < case.depth - 1) for i in range(case.depth)]
    return keras.Sequential(
        [
            keras.Input((steps,), dtype="int32"),
            layers.Embedding(cases.WORDS, cases.EMBEDDING),
            *stack,
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def float_model(case: cases.FloatCase) -> Any:
    """One recurrent layer on floats."""
    return keras.Sequential(
        [keras.Input((case.steps, case.units)), CELLS[case.cell](case.units), layers.Dense(1)]
    )


def graph_model(options: argparse.Namespace) -> Any:
    """An encoder and its decoder, with or without attention, or a siamese pair."""
    case = cases.GRAPH_CASES[options.case]
    if options.case == "train.siamese":
        texts = [keras.Input((case.steps,), dtype="int32") for _ in range(2)]
        embedding, lstm = layers.Embedding(cases.WORDS, case.features), layers.LSTM(case.units)
        alike = layers.Dot(1, normalize=True)([lstm(embedding(text)) for text in texts])
        return keras.Model(texts, layers.Dense(1, activation="sigmoid")(alike))
    read, written = [keras.Input((case.steps, case.features)) for _ in range(2)]
    cell = layers.GRU if case.attention else layers.LSTM
    encoded, *states = cell(case.units, return_sequences=case.attention, return_state=True)(read)
    decoded = cell(case.units, return_sequences=True)(written, initial_state=states)
    if case.attention:
        decoded = layers.Concatenate()([decoded, layers.Attention()([decoded, encoded])])
    return keras.Model([read, written], layers.Dense(case.features, activation="softmax")(decoded))


def tensorflow_step(model: Any, loss: Any, optimizer: Any) -> Callable[[Any, Any], Any]:
    """A train step compiled by XLA as a whole."""
    import tensorflow as tf

    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return value

    return step


def jax_step(model: Any, loss: Any, optimizer: Any) -> Callable[[Any, Any], Any]:
    """A stateless train step, jitted, that gives its buffers back."""
    import jax

    optimizer.build(model.trainable_variables)
    fixed = [v.value for v in model.non_trainable_variables]

    def value(trainable: Any, x: Any, y: Any) -> Any:
        return loss(y, model.stateless_call(trainable, fixed, x, training=True)[0])

    def update(trainable: Any, slots: Any, x: Any, y: Any) -> Any:
        result, gradients = jax.value_and_grad(value)(trainable, x, y)
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
        return result, trainable, slots

    jitted = jax.jit(update, donate_argnums=(0, 1))
    # Copies: the model's own buffers must outlive the donation.
    state = [
        [v.value + 0 for v in model.trainable_variables],
        [v.value + 0 for v in optimizer.variables],
    ]

    def step(x: Any, y: Any) -> Any:
        result, state[0], state[1] = jitted(state[0], state[1], x, y)
        return result

    return step


def book(options: argparse.Namespace) -> Callable[[int], dict[str, Any]]:
    """The whole experiment through `fit`; one "step" is one whole run, after the compilation."""
    case = cases.TOKEN_CASES[options.case]
    x, y = cases.token_data(options)

    def fresh() -> Any:
        model = token_model(case, x.shape[1])
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
        return model

    def run(times: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(times):
            history = fresh().fit(
                x, y, epochs=options.epochs, batch_size=case.batch, validation_split=0.2, verbose=0
            ).history  # fmt: skip
        return {
            "seconds": time.perf_counter() - begin,
            "loss": history["loss"][-1],
            "bestValAccuracy": max(history["val_accuracy"]),
        }

    return run


def tensor(value: Any) -> Any:
    """A tensor of an array, or a list of them."""
    return [tensor(one) for one in value] if isinstance(value, list) else keras.ops.convert_to_tensor(value)


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, compiled and warm; None where this peer has no part in it."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    if options.case == "train.imdb.book":
        return book(options)
    optimizer: Any = keras.optimizers.RMSprop()
    if options.case in cases.TOKEN_CASES:
        data = cases.case_batches(options)
        model = token_model(cases.TOKEN_CASES[options.case], data[0][0].shape[1])
        loss = keras.losses.BinaryCrossentropy()
    elif options.case in cases.FLOAT_CASES:
        data = cases.case_batches(options)
        model = float_model(cases.FLOAT_CASES[options.case])
        loss = keras.losses.MeanSquaredError()
    elif options.case in cases.GRAPH_CASES:
        data = cases.case_batches(options)
        model = graph_model(options)
        siamese = options.case == "train.siamese"
        loss = keras.losses.BinaryCrossentropy() if siamese else keras.losses.SparseCategoricalCrossentropy()
        optimizer = keras.optimizers.Adam()
    else:
        return None
    make = tensorflow_step if BACKEND == "tensorflow" else jax_step
    step = make(model, loss, optimizer)
    # Tensors are made beforehand: no peer pays for a conversion.
    tensors = cycle([(tensor(x), tensor(y)) for x, y in data])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            last = step(*next(tensors))
        value = float(last)
        return {"seconds": time.perf_counter() - begin, "loss": value}

    run(3)
    return run
