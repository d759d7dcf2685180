// SPDX-License-Identifier: MIT
// The gated recurrent unit in double precision, one loop per index of the equations. For tests only.
#ifndef OSTINATO_REFERENCE_GRU_REF_H_
#define OSTINATO_REFERENCE_GRU_REF_H_

#include <stddef.h>

#include "reference/activations_ref.h"

namespace ostinato {
namespace reference {

// N rows, T timesteps, C input features, H units. No activation is softmax.
struct GruConfig {
  size_t batch;
  size_t steps;
  size_t inputs;
  size_t units;
  Activation activation;
  Activation recurrent_activation;
  bool reset_after;
};

// Gates stand in the order z, r, h.
struct GruWeights {
  const double* kernel;            // W [C,3H]
  const double* recurrent_kernel;  // U [H,3H]
  const double* bias;              // b [3H], with reset_after b and b' [2,3H]; or null
};

// What a row's inputs and states are multiplied with at every step, per gate; null for ones.
struct GruDropout {
  const double* inputs;  // [3,N,C]
  const double* states;  // [3,N,H]
};

// z, r = s(x_t W_g + b_g + h_{t-1} U_g + b'_g); h_t = z h_{t-1} + (1 - z) f(x_t W_h + b_h + m), where m is
// r (h_{t-1} U_h + b'_h) with reset_after and (r h_{t-1}) U_h without, there without any b'
// (keras/src/layers/rnn/gru.py). x [N,T,C] in, initial_state h_0 [N,H] in or null for zeros, states [N,T,H]
// out.
void GruForward(const GruConfig& config, const GruWeights& weights, const GruDropout& dropout,
                const double* x, const double* initial_state, double* states);

// What is differentiated: the sum of d_states [N,T,H] times the states and d_last [N,H] times the last state;
// each may be null. All outputs are overwritten.
struct GruGradients {
  double* kernel;            // [C,3H]
  double* recurrent_kernel;  // [H,3H]
  double* bias;              // as the bias, or null
  double* x;                 // [N,T,C]
  double* initial_state;     // [N,H]
};

void GruBackward(const GruConfig& config, const GruWeights& weights, const GruDropout& dropout,
                 const double* x, const double* initial_state, const double* d_states, const double* d_last,
                 const GruGradients& gradients);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_GRU_REF_H_
