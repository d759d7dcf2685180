# SPDX-License-Identifier: MIT
"""Keras, with its faults of masks corrected that docs/keras_differences.md names. Importing this module changes it.

- The mask of a recurrent layer that goes backwards is reversed with its outputs.
- `zero_output_for_mask` acts where sequences are returned, as Keras documents it, and not on a last output.
- A recurrent layer that is handed states minds the mask of its input, as it does without them.
- `MultiHeadAttention` leaves its inputs their masks, which other layers read too.
"""

import functools
from typing import Any

from common import keras
from keras.src.backend import get_keras_mask, set_keras_mask

RNN, Bidirectional = keras.layers.RNN, keras.layers.Bidirectional
MultiHeadAttention = keras.layers.MultiHeadAttention


def reversed_steps(mask: Any) -> Any:
    """A mask [N,T] with its steps in reverse, alone or the first of several."""
    if mask is None:
        return None
    if isinstance(mask, (list, tuple)):
        return [reversed_steps(mask[0]), *mask[1:]]
    return keras.ops.flip(mask, axis=1)


def minds_mask(layer_class: Any) -> None:
    """Reads the mask of the input where none is given; Keras does so only where there is no other tensor."""
    call = layer_class.call

    def corrected_call(
        self: Any, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        mask = get_keras_mask(sequences) if mask is None else mask
        return call(self, sequences, initial_state=initial_state, mask=mask, training=training)

    layer_class.call = corrected_call


def leaves_masks(layer_class: Any) -> None:
    """Gives the inputs of a call their masks back."""
    call = layer_class.call

    @functools.wraps(call)
    def corrected_call(self: Any, query: Any, value: Any, *args: Any, **options: Any) -> Any:
        read = [query, value, options.get("key", args[0] if args else None)]
        masks = [None if tensor is None else get_keras_mask(tensor) for tensor in read]
        result = call(self, query, value, *args, **options)
        for tensor, mask in zip(read, masks):
            if mask is not None:
                set_keras_mask(tensor, mask)
        return result

    layer_class.call = corrected_call


def correct() -> None:
    """Replaces the methods at fault."""
    init, mask_of, mask_of_both = RNN.__init__, RNN.compute_mask, Bidirectional.compute_mask

    def corrected_init(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        self.zero_output_for_mask = self.zero_output_for_mask and self.return_sequences

    def corrected_mask(self: Any, inputs: Any, mask: Any) -> Any:
        mask = mask_of(self, inputs, mask)
        return reversed_steps(mask) if self.go_backwards else mask

    def corrected_mask_of_both(self: Any, inputs: Any, mask: Any) -> Any:
        mask = mask_of_both(self, inputs, mask)
        return reversed_steps(mask) if self.forward_layer.go_backwards else mask

    RNN.__init__, RNN.compute_mask, Bidirectional.compute_mask = corrected_init, corrected_mask, corrected_mask_of_both
    for layer_class in (RNN, keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU, Bidirectional):
        minds_mask(layer_class)
    leaves_masks(MultiHeadAttention)


correct()
