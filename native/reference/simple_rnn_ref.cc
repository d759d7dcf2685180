// SPDX-License-Identifier: MIT
// The simple recurrent layer and its backpropagation through time, in double precision.
#include "reference/simple_rnn_ref.h"

#include <vector>

namespace ostinato {
namespace reference {

namespace {

// The state before step t of row n: h_{t-1}, or null for zeros.
const double* StateBefore(const SimpleRnnConfig& c, const double* initial_state, const double* states,
                          size_t n, size_t t) {
  if (t > 0) return states + (n * c.steps + t - 1) * c.units;
  return initial_state ? initial_state + n * c.units : nullptr;
}

// a = x_t W_x + h_{t-1} W_h + b, for one row.
void PreActivation(const SimpleRnnConfig& c, const SimpleRnnWeights& w, const double* x, const double* before,
                   double* a) {
  for (size_t h = 0; h < c.units; ++h) {
    double sum = w.bias ? w.bias[h] : 0;
    for (size_t i = 0; i < c.inputs; ++i) sum += x[i] * w.kernel[i * c.units + h];
    for (size_t k = 0; before && k < c.units; ++k) sum += before[k] * w.recurrent_kernel[k * c.units + h];
    a[h] = sum;
  }
}

void Zero(double* values, size_t n) {
  for (size_t i = 0; values && i < n; ++i) values[i] = 0;
}

}  // namespace

void SimpleRnnForward(const SimpleRnnConfig& c, const SimpleRnnWeights& w, const double* x,
                      const double* initial_state, double* states) {
  for (size_t n = 0; n < c.batch; ++n) {
    for (size_t t = 0; t < c.steps; ++t) {
      double* state = states + (n * c.steps + t) * c.units;
      PreActivation(c, w, x + (n * c.steps + t) * c.inputs, StateBefore(c, initial_state, states, n, t),
                    state);
      ActivateRows(c.activation, 1, c.units, state, state);
    }
  }
}

void SimpleRnnBackward(const SimpleRnnConfig& c, const SimpleRnnWeights& w, const double* x,
                       const double* initial_state, const double* d_states, const double* d_last,
                       const SimpleRnnGradients& g) {
  std::vector<double> states(c.batch * c.steps * c.units);
  SimpleRnnForward(c, w, x, initial_state, states.data());
  Zero(g.kernel, c.inputs * c.units);
  Zero(g.recurrent_kernel, c.units * c.units);
  Zero(g.bias, c.units);
  std::vector<double> dh(c.units), da(c.units), a(c.units);
  for (size_t n = 0; n < c.batch; ++n) {
    for (size_t h = 0; h < c.units; ++h) dh[h] = d_last ? d_last[n * c.units + h] : 0;
    for (size_t t = c.steps; t-- > 0;) {
      const size_t position = n * c.steps + t;
      const double* xt = x + position * c.inputs;
      const double* before = StateBefore(c, initial_state, states.data(), n, t);
      for (size_t h = 0; d_states && h < c.units; ++h) dh[h] += d_states[position * c.units + h];
      // da_t = f'(a_t) dh_t
      PreActivation(c, w, xt, before, a.data());
      ActivateRowsBackward(c.activation, 1, c.units, a.data(), dh.data(), da.data());
      // dW_x += x_t^T da_t, dW_h += h_{t-1}^T da_t, db += da_t
      for (size_t h = 0; h < c.units; ++h) {
        for (size_t i = 0; g.kernel && i < c.inputs; ++i) g.kernel[i * c.units + h] += xt[i] * da[h];
        for (size_t k = 0; g.recurrent_kernel && before && k < c.units; ++k)
          g.recurrent_kernel[k * c.units + h] += before[k] * da[h];
        if (g.bias) g.bias[h] += da[h];
      }
      // dx_t = da_t W_x^T
      for (size_t i = 0; g.x && i < c.inputs; ++i) {
        double sum = 0;
        for (size_t h = 0; h < c.units; ++h) sum += da[h] * w.kernel[i * c.units + h];
        g.x[position * c.inputs + i] = sum;
      }
      // dh_{t-1} = da_t W_h^T
      for (size_t k = 0; k < c.units; ++k) {
        dh[k] = 0;
        for (size_t h = 0; h < c.units; ++h) dh[k] += da[h] * w.recurrent_kernel[k * c.units + h];
      }
    }
    for (size_t h = 0; g.initial_state && h < c.units; ++h) g.initial_state[n * c.units + h] = dh[h];
  }
}

}  // namespace reference
}  // namespace ostinato
