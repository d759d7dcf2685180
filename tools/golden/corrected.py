# SPDX-License-Identifier: MIT
"""Keras, with its two faults of masks corrected that docs/keras_differences.md names. Importing this module changes it.

- The mask of a recurrent layer that goes backwards is reversed with its outputs.
- `zero_output_for_mask` acts where sequences are returned, as Keras documents it, and not on a last output.
"""

from typing import Any

from common import keras

RNN, Bidirectional = keras.layers.RNN, keras.layers.Bidirectional


def reversed_steps(mask: Any) -> Any:
    """A mask [N,T] with its steps in reverse, alone or the first of several."""
    if mask is None:
        return None
    if isinstance(mask, (list, tuple)):
        return [reversed_steps(mask[0]), *mask[1:]]
    return keras.ops.flip(mask, axis=1)


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


correct()
