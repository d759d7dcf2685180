// SPDX-License-Identifier: MIT
// The long short-term memory in double precision, one loop per index of the equations. For tests only.
#ifndef OSTINATO_REFERENCE_LSTM_REF_H_
#define OSTINATO_REFERENCE_LSTM_REF_H_

#include <stddef.h>

#include "reference/activations_ref.h"

namespace ostinato {
namespace reference {

// N rows, T timesteps, C input features, H units. No activation is softmax.
struct LstmConfig {
  size_t batch;
  size_t steps;
  size_t inputs;
  size_t units;
  Activation activation;
  Activation recurrent_activation;
};

// Gates stand in the order i, f, c, o.
struct LstmWeights {
  const double* kernel;            // W [C,4H]
  const double* recurrent_kernel;  // U [H,4H]
  const double* bias;              // b [4H], or null
};

// What a row's inputs and states are multiplied with at every step, per gate; null for ones.
struct LstmDropout {
  const double* inputs;  // [4,N,C]
  const double* states;  // [4,N,H]
};

// Where a row begins; null for zeros. [N,H] each.
struct LstmState {
  const double* h;
  const double* c;
};

// a_g = x_t W_g + b_g + h_{t-1} U_g for each gate g; c_t = s(a_f) c_{t-1} + s(a_i) f(a_c); h_t = s(a_o)
// f(c_t) (keras/src/layers/rnn/lstm.py). x [N,T,C] in, states h [N,T,H] and carries c [N,T,H] out.
void LstmForward(const LstmConfig& config, const LstmWeights& weights, const LstmDropout& dropout,
                 const double* x, const LstmState& initial, double* states, double* carries);

// What is differentiated: the sum of d_states [N,T,H] times the states, d_last_state [N,H] times the last
// state and d_last_carry [N,H] times the last carry; each may be null. All outputs are overwritten.
struct LstmGradients {
  double* kernel;            // [C,4H]
  double* recurrent_kernel;  // [H,4H]
  double* bias;              // [4H], or null
  double* x;                 // [N,T,C]
  double* initial_state;     // [N,H]
  double* initial_carry;     // [N,H]
};

void LstmBackward(const LstmConfig& config, const LstmWeights& weights, const LstmDropout& dropout,
                  const double* x, const LstmState& initial, const double* d_states,
                  const double* d_last_state, const double* d_last_carry, const LstmGradients& gradients);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_LSTM_REF_H_
