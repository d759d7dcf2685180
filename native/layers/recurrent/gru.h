// SPDX-License-Identifier: MIT
// GRU, keras/src/layers/rnn/gru.py. Gates z, r, h. The walk wants the candidate's kernel first: then the
// product's blocks of deltas and those of the inputs each lie together (WalkArgs).
#ifndef OSTINATO_LAYERS_RECURRENT_GRU_H_
#define OSTINATO_LAYERS_RECURRENT_GRU_H_

#include "layers/recurrent/recurrent.h"

namespace ostinato {

class Gru : public Recurrent {
 public:
  explicit Gru(const RecurrentConfig& config);
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_GRU_H_
