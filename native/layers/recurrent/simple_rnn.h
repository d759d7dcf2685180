// SPDX-License-Identifier: MIT
// SimpleRNN: h_t = f(x_t W_x + h_{t-1} W_h + b), keras/src/layers/rnn/simple_rnn.py.
#ifndef OSTINATO_LAYERS_RECURRENT_SIMPLE_RNN_H_
#define OSTINATO_LAYERS_RECURRENT_SIMPLE_RNN_H_

#include "layers/recurrent/recurrent.h"

namespace ostinato {

class SimpleRnn : public Recurrent {
 public:
  explicit SimpleRnn(const RecurrentConfig& config);
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_SIMPLE_RNN_H_
