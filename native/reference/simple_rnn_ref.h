// SPDX-License-Identifier: MIT
// The simple recurrent layer in double precision, one loop per index of the equations. For tests only.
#ifndef OSTINATO_REFERENCE_SIMPLE_RNN_REF_H_
#define OSTINATO_REFERENCE_SIMPLE_RNN_REF_H_

#include <stddef.h>

#include "reference/activations_ref.h"

namespace ostinato {
namespace reference {

// N rows, T timesteps, C input features, H units. The activation is not softmax.
struct SimpleRnnConfig {
  size_t batch;
  size_t steps;
  size_t inputs;
  size_t units;
  Activation activation;
};

struct SimpleRnnWeights {
  const double* kernel;            // W_x [C,H]
  const double* recurrent_kernel;  // W_h [H,H]
  const double* bias;              // b [H], or null
};

// h_t = f(x_t W_x + h_{t-1} W_h + b), t = 1..T (Elman 1990; keras/src/layers/rnn/simple_rnn.py).
// x [N,T,C] in, initial_state h_0 [N,H] in or null for zeros, states [N,T,H] out.
void SimpleRnnForward(const SimpleRnnConfig& config, const SimpleRnnWeights& weights, const double* x,
                      const double* initial_state, double* states);

// What is differentiated: sum of d_states [N,T,H] (or null) times the states, plus d_last [N,H] (or null)
// times the last state. All outputs are overwritten; each may be null.
struct SimpleRnnGradients {
  double* kernel;            // [C,H]
  double* recurrent_kernel;  // [H,H]
  double* bias;              // [H]
  double* x;                 // [N,T,C]
  double* initial_state;     // [N,H]
};

void SimpleRnnBackward(const SimpleRnnConfig& config, const SimpleRnnWeights& weights, const double* x,
                       const double* initial_state, const double* d_states, const double* d_last,
                       const SimpleRnnGradients& gradients);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_SIMPLE_RNN_REF_H_
