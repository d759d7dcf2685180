# SPDX-License-Identifier: MIT
"""Greedy decoding as in Keras' lstm_seq2seq example: an encoder and a decoder cut out of the model that is trained.

The decoder is called for one word at a time, with the states that its last call gave. Weights are random: what is
decoded are words without sense, but each depends on all before it.
"""

from typing import Any

import numpy as np

from common import Draw, keras, native, numbers, pack, write

WORDS, UNITS, FROM, MOST, ROWS = 13, 7, 6, 8, 4
START = 1


def recurrent(cell: str, **options: Any) -> Any:
    """A recurrent layer by its class."""
    return getattr(keras.layers, cell)(UNITS, **options)


def build(cell: str, mask_zero: bool) -> tuple[Any, Any, Any]:
    """The model that is trained, its encoder and its decoder."""
    source, target = keras.Input((None,), name="source"), keras.Input((None,), name="target")
    embedding = keras.layers.Embedding(WORDS, 5, mask_zero=mask_zero)
    encoded = recurrent(cell, return_state=True)(embedding(source))
    writer = recurrent(cell, return_sequences=True, return_state=True)
    vote = keras.layers.Dense(WORDS, activation="softmax")
    decoded = writer(embedding(target), initial_state=encoded[1:])
    trained = keras.Model([source, target], vote(decoded[0]))
    encoder = keras.Model(source, encoded[1:])
    states = [keras.Input((UNITS,)) for _ in encoded[1:]]
    word = keras.Input((None,))
    step = writer(embedding(word), initial_state=states)
    return trained, encoder, keras.Model([word, *states], [vote(step[0]), *step[1:]])


def case(draw: Draw, cell: str, mask_zero: bool) -> dict[str, Any]:
    """One model and what it decodes for each row."""
    trained, encoder, decoder = build(cell, mask_zero)
    weights = [draw.normal(*w.shape, scale=1.2) for w in trained.weights]
    trained.set_weights([native(w) for w in weights])
    source = draw.integers(0, WORDS, ROWS, FROM)
    words, votes = [], []
    for row in source:
        given = encoder.predict(row[None], verbose=0)
        states = list(given) if isinstance(given, (list, tuple)) else [given]
        said, chances = [START], []
        while len(said) < MOST:
            out = decoder.predict([np.array([[said[-1]]]), *states], verbose=0)
            chances.append(out[0][0, -1])
            states = out[1:]
            # Word 0 is padding: never said.
            said.append(int(np.argmax(out[0][0, -1][1:])) + 1)
        words.append(said)
        votes.append([numbers(chance) for chance in chances])
    return {
        "cell": cell,
        "maskZero": mask_zero,
        "weights": [pack(w) for w in weights],
        "source": pack(source),
        "words": words,
        "votes": votes,
    }


def main() -> None:
    draw = Draw(20)
    cases = [case(draw, cell, mask) for cell in ("LSTM", "GRU", "SimpleRNN") for mask in (False, True)]
    sizes = {"words": WORDS, "units": UNITS}
    write("decoding", draw.seed, {"sizes": sizes, "cases": cases})


main()
