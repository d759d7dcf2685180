// SPDX-License-Identifier: MIT
// The gated recurrent unit and its backpropagation through time, in double precision.
#include "reference/gru_ref.h"

#include <algorithm>
#include <vector>

namespace ostinato {
namespace reference {

namespace {

enum { kUpdate, kReset, kCandidate, kGates };

using Vector = std::vector<double>;

// One step of one row.
struct Step {
  Vector sums[kGates];   // what s, s and f are taken of
  Vector gates[kGates];  // z, r and the candidate
  Vector inner;          // the state's part of the candidate's sum, before r where it resets after
  Vector state;          // h_t
};

class Row {
 public:
  Row(const GruConfig& config, const GruWeights& weights, const GruDropout& dropout, size_t n)
      : c_(config), w_(weights), dropout_(dropout), n_(n), columns_(kGates * config.units) {}

  Activation ActivationOf(size_t gate) const {
    return gate == kCandidate ? c_.activation : c_.recurrent_activation;
  }

  double InputFactor(size_t gate, size_t i) const {
    return dropout_.inputs ? dropout_.inputs[(gate * c_.batch + n_) * c_.inputs + i] : 1;
  }

  double StateFactor(size_t gate, size_t k) const {
    return dropout_.states ? dropout_.states[(gate * c_.batch + n_) * c_.units + k] : 1;
  }

  Step Forward(const double* x, const Vector& before) const {
    const size_t units = c_.units;
    Step step;
    for (size_t gate = 0; gate < kGates; ++gate) {
      const bool candidate = gate == kCandidate;
      Vector read = before;
      for (size_t k = 0; candidate && !c_.reset_after && k < units; ++k) read[k] *= step.gates[kReset][k];
      Vector inner(units);
      step.sums[gate].resize(units);
      for (size_t h = 0; h < units; ++h) {
        inner[h] = InnerSum(gate, h, read);
        const double factor = candidate && c_.reset_after ? step.gates[kReset][h] : 1;
        step.sums[gate][h] = InputSum(gate, h, x) + factor * inner[h];
      }
      if (candidate) step.inner = inner;
      step.gates[gate].resize(units);
      ActivateRows(ActivationOf(gate), 1, units, step.sums[gate].data(), step.gates[gate].data());
    }
    step.state.resize(units);
    for (size_t h = 0; h < units; ++h) {
      const double z = step.gates[kUpdate][h];
      step.state[h] = z * before[h] + (1 - z) * step.gates[kCandidate][h];
    }
    return step;
  }

  std::vector<Step> Walk(const double* x, const Vector& initial) const {
    std::vector<Step> steps;
    for (size_t t = 0; t < c_.steps; ++t)
      steps.push_back(Forward(x + (n_ * c_.steps + t) * c_.inputs, t ? steps.back().state : initial));
    return steps;
  }

  // Adds what `da`, the gradient of x_t W_g + b_g, gives.
  void InputBackward(size_t gate, const Vector& da, const double* x, double* dx,
                     const GruGradients& g) const {
    for (size_t h = 0; h < c_.units; ++h) {
      const size_t column = gate * c_.units + h;
      if (g.bias) g.bias[column] += da[h];
      for (size_t i = 0; i < c_.inputs; ++i) {
        const double factor = InputFactor(gate, i);
        g.kernel[i * columns_ + column] += x[i] * factor * da[h];
        dx[i] += da[h] * factor * w_.kernel[i * columns_ + column];
      }
    }
  }

  // Adds what `da`, the gradient of read U_g + b'_g, gives; returns the gradient of `read`.
  Vector InnerBackward(size_t gate, const Vector& da, const Vector& read, const GruGradients& g) const {
    Vector d_read(c_.units);
    for (size_t h = 0; h < c_.units; ++h) {
      const size_t column = gate * c_.units + h;
      if (g.bias && c_.reset_after) g.bias[columns_ + column] += da[h];
      for (size_t k = 0; k < c_.units; ++k) {
        const double factor = StateFactor(gate, k);
        g.recurrent_kernel[k * columns_ + column] += read[k] * factor * da[h];
        d_read[k] += da[h] * factor * w_.recurrent_kernel[k * columns_ + column];
      }
    }
    return d_read;
  }

 private:
  double InputSum(size_t gate, size_t h, const double* x) const {
    const size_t column = gate * c_.units + h;
    double sum = w_.bias ? w_.bias[column] : 0;
    for (size_t i = 0; i < c_.inputs; ++i)
      sum += x[i] * InputFactor(gate, i) * w_.kernel[i * columns_ + column];
    return sum;
  }

  double InnerSum(size_t gate, size_t h, const Vector& read) const {
    const size_t column = gate * c_.units + h;
    double sum = w_.bias && c_.reset_after ? w_.bias[columns_ + column] : 0;
    for (size_t k = 0; k < c_.units; ++k)
      sum += read[k] * StateFactor(gate, k) * w_.recurrent_kernel[k * columns_ + column];
    return sum;
  }

  const GruConfig& c_;
  const GruWeights& w_;
  const GruDropout& dropout_;
  size_t n_;
  size_t columns_;
};

// Row n of an array of rows of `width` elements; zeros where there is none.
Vector RowOf(const double* rows, size_t n, size_t width) {
  return rows ? Vector(rows + n * width, rows + (n + 1) * width) : Vector(width);
}

Vector Times(const Vector& a, const Vector& b) {
  Vector product(a.size());
  for (size_t i = 0; i < a.size(); ++i) product[i] = a[i] * b[i];
  return product;
}

void AddTo(Vector& a, const Vector& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
}

}  // namespace

void GruForward(const GruConfig& c, const GruWeights& w, const GruDropout& dropout, const double* x,
                const double* initial_state, double* states) {
  for (size_t n = 0; n < c.batch; ++n) {
    const std::vector<Step> steps = Row(c, w, dropout, n).Walk(x, RowOf(initial_state, n, c.units));
    for (size_t t = 0; t < c.steps; ++t)
      std::copy(steps[t].state.begin(), steps[t].state.end(), states + (n * c.steps + t) * c.units);
  }
}

void GruBackward(const GruConfig& c, const GruWeights& w, const GruDropout& dropout, const double* x,
                 const double* initial_state, const double* d_states, const double* d_last,
                 const GruGradients& g) {
  const size_t units = c.units, columns = kGates * units;
  std::fill_n(g.kernel, c.inputs * columns, 0.0);
  std::fill_n(g.recurrent_kernel, units * columns, 0.0);
  if (g.bias) std::fill_n(g.bias, (c.reset_after ? 2 : 1) * columns, 0.0);
  std::fill_n(g.x, c.batch * c.steps * c.inputs, 0.0);
  Vector d[kGates], da[kGates];
  for (size_t gate = 0; gate < kGates; ++gate) {
    d[gate].resize(units);
    da[gate].resize(units);
  }
  for (size_t n = 0; n < c.batch; ++n) {
    const Row row(c, w, dropout, n);
    const Vector initial = RowOf(initial_state, n, units);
    const std::vector<Step> steps = row.Walk(x, initial);
    Vector dh = RowOf(d_last, n, units);
    for (size_t t = c.steps; t-- > 0;) {
      const Step& step = steps[t];
      const Vector& before = t ? steps[t - 1].state : initial;
      const size_t position = n * c.steps + t;
      const auto activate_backward = [&](size_t gate) {
        ActivateRowsBackward(row.ActivationOf(gate), 1, units, step.sums[gate].data(), d[gate].data(),
                             da[gate].data());
      };
      Vector d_before(units);
      for (size_t h = 0; h < units; ++h) {
        if (d_states) dh[h] += d_states[position * units + h];
        const double z = step.gates[kUpdate][h];
        d_before[h] = dh[h] * z;
        d[kUpdate][h] = dh[h] * (before[h] - step.gates[kCandidate][h]);
        d[kCandidate][h] = dh[h] * (1 - z);
      }
      activate_backward(kCandidate);
      const Vector& reset = step.gates[kReset];
      if (c.reset_after) {
        d[kReset] = Times(da[kCandidate], step.inner);
        AddTo(d_before, row.InnerBackward(kCandidate, Times(da[kCandidate], reset), before, g));
      } else {
        const Vector d_read = row.InnerBackward(kCandidate, da[kCandidate], Times(reset, before), g);
        d[kReset] = Times(d_read, before);
        AddTo(d_before, Times(d_read, reset));
      }
      activate_backward(kUpdate);
      activate_backward(kReset);
      AddTo(d_before, row.InnerBackward(kUpdate, da[kUpdate], before, g));
      AddTo(d_before, row.InnerBackward(kReset, da[kReset], before, g));
      for (size_t gate = 0; gate < kGates; ++gate)
        row.InputBackward(gate, da[gate], x + position * c.inputs, g.x + position * c.inputs, g);
      dh = d_before;
    }
    std::copy(dh.begin(), dh.end(), g.initial_state + n * units);
  }
}

}  // namespace reference
}  // namespace ostinato
