// SPDX-License-Identifier: MIT
// LSTM, keras/src/layers/rnn/lstm.py. Gates i, f, c, o.
#ifndef OSTINATO_LAYERS_RECURRENT_LSTM_H_
#define OSTINATO_LAYERS_RECURRENT_LSTM_H_

#include "layers/recurrent/recurrent.h"

namespace ostinato {

class Lstm : public Recurrent {
 public:
  explicit Lstm(const RecurrentConfig& config);
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_LSTM_H_
