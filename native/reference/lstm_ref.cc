// SPDX-License-Identifier: MIT
// The long short-term memory and its backpropagation through time, in double precision.
#include "reference/lstm_ref.h"

#include <algorithm>
#include <vector>

namespace ostinato {
namespace reference {

namespace {

enum { kInput, kForget, kCandidate, kOutput, kGates };

using Vector = std::vector<double>;

// One step of one row.
struct Step {
  Vector sums[kGates];   // a_g
  Vector gates[kGates];  // of a_g: s(a_i), s(a_f), f(a_c), s(a_o)
  Vector carry;          // c_t
  Vector squashed;       // f(c_t)
  Vector state;          // h_t
};

class Row {
 public:
  Row(const LstmConfig& config, const LstmWeights& weights, const LstmDropout& dropout, size_t n)
      : c_(config), w_(weights), dropout_(dropout), n_(n) {}

  Activation ActivationOf(size_t gate) const {
    return gate == kCandidate ? c_.activation : c_.recurrent_activation;
  }

  double InputFactor(size_t gate, size_t i) const {
    return dropout_.inputs ? dropout_.inputs[(gate * c_.batch + n_) * c_.inputs + i] : 1;
  }

  double StateFactor(size_t gate, size_t k) const {
    return dropout_.states ? dropout_.states[(gate * c_.batch + n_) * c_.units + k] : 1;
  }

  Step Forward(const double* x, const double* state_before, const double* carry_before) const {
    const size_t units = c_.units, columns = kGates * units;
    Step step;
    for (size_t gate = 0; gate < kGates; ++gate) {
      Vector& sums = step.sums[gate];
      sums.resize(units);
      for (size_t h = 0; h < units; ++h) {
        const size_t column = gate * units + h;
        sums[h] = w_.bias ? w_.bias[column] : 0;
        for (size_t i = 0; i < c_.inputs; ++i)
          sums[h] += x[i] * InputFactor(gate, i) * w_.kernel[i * columns + column];
        for (size_t k = 0; k < units; ++k)
          sums[h] += state_before[k] * StateFactor(gate, k) * w_.recurrent_kernel[k * columns + column];
      }
      step.gates[gate].resize(units);
      ActivateRows(ActivationOf(gate), 1, units, sums.data(), step.gates[gate].data());
    }
    step.carry.resize(units);
    step.squashed.resize(units);
    step.state.resize(units);
    for (size_t h = 0; h < units; ++h)
      step.carry[h] =
          step.gates[kForget][h] * carry_before[h] + step.gates[kInput][h] * step.gates[kCandidate][h];
    ActivateRows(c_.activation, 1, units, step.carry.data(), step.squashed.data());
    for (size_t h = 0; h < units; ++h) step.state[h] = step.gates[kOutput][h] * step.squashed[h];
    return step;
  }

  std::vector<Step> Walk(const double* x, const Vector& state, const Vector& carry) const {
    std::vector<Step> steps;
    for (size_t t = 0; t < c_.steps; ++t) {
      const double* before = t ? steps.back().state.data() : state.data();
      const double* carry_before = t ? steps.back().carry.data() : carry.data();
      steps.push_back(Forward(x + (n_ * c_.steps + t) * c_.inputs, before, carry_before));
    }
    return steps;
  }

 private:
  const LstmConfig& c_;
  const LstmWeights& w_;
  const LstmDropout& dropout_;
  size_t n_;
};

// Row n of an array of rows of `width` elements; zeros where there is none.
Vector RowOf(const double* rows, size_t n, size_t width) {
  return rows ? Vector(rows + n * width, rows + (n + 1) * width) : Vector(width);
}

}  // namespace

void LstmForward(const LstmConfig& c, const LstmWeights& w, const LstmDropout& dropout, const double* x,
                 const LstmState& initial, double* states, double* carries) {
  for (size_t n = 0; n < c.batch; ++n) {
    const std::vector<Step> steps =
        Row(c, w, dropout, n).Walk(x, RowOf(initial.h, n, c.units), RowOf(initial.c, n, c.units));
    for (size_t t = 0; t < c.steps; ++t) {
      std::copy(steps[t].state.begin(), steps[t].state.end(), states + (n * c.steps + t) * c.units);
      std::copy(steps[t].carry.begin(), steps[t].carry.end(), carries + (n * c.steps + t) * c.units);
    }
  }
}

void LstmBackward(const LstmConfig& c, const LstmWeights& w, const LstmDropout& dropout, const double* x,
                  const LstmState& initial, const double* d_states, const double* d_last_state,
                  const double* d_last_carry, const LstmGradients& g) {
  const size_t units = c.units, columns = kGates * units;
  std::fill_n(g.kernel, c.inputs * columns, 0.0);
  std::fill_n(g.recurrent_kernel, units * columns, 0.0);
  if (g.bias) std::fill_n(g.bias, columns, 0.0);
  std::fill_n(g.x, c.batch * c.steps * c.inputs, 0.0);
  Vector d[kGates], da(units), d_squashed(units), from_state(units);
  for (Vector& gate : d) gate.resize(units);
  for (size_t n = 0; n < c.batch; ++n) {
    const Row row(c, w, dropout, n);
    const Vector first_state = RowOf(initial.h, n, units), first_carry = RowOf(initial.c, n, units);
    const std::vector<Step> steps = row.Walk(x, first_state, first_carry);
    Vector dh = RowOf(d_last_state, n, units), dc = RowOf(d_last_carry, n, units);
    for (size_t t = c.steps; t-- > 0;) {
      const Step& step = steps[t];
      const Vector& before = t ? steps[t - 1].state : first_state;
      const Vector& carry_before = t ? steps[t - 1].carry : first_carry;
      const size_t position = n * c.steps + t;
      for (size_t h = 0; h < units; ++h) {
        if (d_states) dh[h] += d_states[position * units + h];
        d_squashed[h] = dh[h] * step.gates[kOutput][h];
      }
      // dc_t += f'(c_t) dh_t s(a_o)
      ActivateRowsBackward(c.activation, 1, units, step.carry.data(), d_squashed.data(), from_state.data());
      for (size_t h = 0; h < units; ++h) {
        dc[h] += from_state[h];
        d[kInput][h] = dc[h] * step.gates[kCandidate][h];
        d[kForget][h] = dc[h] * carry_before[h];
        d[kCandidate][h] = dc[h] * step.gates[kInput][h];
        d[kOutput][h] = dh[h] * step.squashed[h];
        dc[h] *= step.gates[kForget][h];
        dh[h] = 0;
      }
      for (size_t gate = 0; gate < kGates; ++gate) {
        ActivateRowsBackward(row.ActivationOf(gate), 1, units, step.sums[gate].data(), d[gate].data(),
                             da.data());
        for (size_t h = 0; h < units; ++h) {
          const size_t column = gate * units + h;
          if (g.bias) g.bias[column] += da[h];
          for (size_t i = 0; i < c.inputs; ++i) {
            const double factor = row.InputFactor(gate, i);
            g.kernel[i * columns + column] += x[position * c.inputs + i] * factor * da[h];
            g.x[position * c.inputs + i] += da[h] * factor * w.kernel[i * columns + column];
          }
          for (size_t k = 0; k < units; ++k) {
            const double factor = row.StateFactor(gate, k);
            g.recurrent_kernel[k * columns + column] += before[k] * factor * da[h];
            dh[k] += da[h] * factor * w.recurrent_kernel[k * columns + column];
          }
        }
      }
    }
    std::copy(dh.begin(), dh.end(), g.initial_state + n * units);
    std::copy(dc.begin(), dc.end(), g.initial_carry + n * units);
  }
}

}  // namespace reference
}  // namespace ostinato
