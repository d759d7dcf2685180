// SPDX-License-Identifier: MIT
// LSTM, keras/src/layers/rnn/lstm.py. Gates i, f, c, o.
#ifndef OSTINATO_LAYERS_LSTM_H_
#define OSTINATO_LAYERS_LSTM_H_

#include "layers/recurrent.h"

namespace ostinato {

class Lstm : public Recurrent {
 public:
  Lstm(const RecurrentConfig& config, Arena* arena);
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_LSTM_H_
