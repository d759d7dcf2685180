// SPDX-License-Identifier: MIT
#include "losses/ctc.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "losses/exponential.h"

namespace ostinato {
namespace {

constexpr size_t kBlank = 0;
// Logarithm of what is impossible, in keras/src/backend/jax/nn.py: labels that do not fit into the timesteps
// have a finite loss.
constexpr double kNever = -1e5;

double LogAdd(double a, double b) { return std::fmax(a, b) + std::log1p(std::exp(-std::fabs(a - b))); }

// Calls body(begin, n, exponentials) for blocks of exp(x - largest).
template <class Body>
void ForExponentials(const float* x, double largest, size_t columns, const Body& body) {
  constexpr size_t kBlock = 256;
  double exponentials[kBlock];
  for (size_t begin = 0; begin < columns; begin += kBlock) {
    const size_t n = std::min(kBlock, columns - begin);
    ExpBelow(x + begin, largest, n, exponentials);
    body(begin, n, exponentials);
  }
}

// One sample: logarithms of the probabilities of all ways to have read the first n labels after some
// timesteps, where the last timestep was blank or a label that may not go on (`blank(t)[n]`), or was label n
// itself
// (`label(t)[n]`). Step t leads from those of t to those of t + 1.
class Alignment {
 public:
  Alignment(const SampleRows& sample, size_t columns)
      : sample_(sample), steps_(sample.count), columns_(columns) {
    const float* target = sample.target();
    while (count_ < sample.all.target_columns && target[count_] != 0.0f) ++count_;
    labels_.resize(count_);
    repeats_.resize(count_);
    for (size_t n = 0; n < count_; ++n) {
      labels_[n] = static_cast<size_t>(target[n]);
      repeats_[n] = n + 1 < count_ && target[n] == target[n + 1];
    }
    blank_.assign((steps_ + 1) * (count_ + 1), kNever);
    label_.assign((steps_ + 1) * count_, kNever);
    entered_.resize(count_ + 1);
    totals_.resize(steps_);
  }

  // Minus the logarithm of the probability of the labels.
  double Forward() {
    blank(0)[0] = 0.0;
    for (size_t t = 0; t < steps_; ++t) {
      totals_[t] = LogTotal(sample_.prediction(t));
      Enter(t);
      const double now = LogProbability(t, kBlank);
      const double *label_before = label(t), *before = entered_.data();
      double *blank_after = blank(t + 1), *label_after = label(t + 1);
      blank_after[0] = before[0] + now;
      for (size_t n = 0; n < count_; ++n) {
        const double own = LogProbability(t, labels_[n]);
        label_after[n] = LogAdd(before[n] + own, label_before[n] + own);
        blank_after[n + 1] = LogAdd(before[n + 1] + now, label_before[n] + now + Unless(repeats_[n]));
      }
    }
    return -Last();
  }

  // Adjoints of all that Forward computed, last timestep first; rows of the gradient times `scale`.
  void Backward(double scale, float* gradient) {
    std::vector<double> d_blank(count_ + 1), d_label(count_), d_entered(count_ + 1), d_columns(columns_);
    if (count_ == 0) {
      d_blank[0] = -1.0;
    } else {
      d_blank[count_] = -std::exp(blank(steps_)[count_] - Last());
      d_label[count_ - 1] = -std::exp(label(steps_)[count_ - 1] - Last());
    }
    for (size_t t = steps_; t-- > 0;) {
      Enter(t);
      std::fill(d_columns.begin(), d_columns.end(), 0.0);
      const double now = LogProbability(t, kBlank);
      const double *blank_before = blank(t), *label_before = label(t);
      const double *blank_after = blank(t + 1), *label_after = label(t + 1);
      d_entered[0] = d_columns[kBlank] = d_blank[0];
      for (size_t n = 0; n < count_; ++n) {
        const double own = LogProbability(t, labels_[n]);
        const double d_own = d_label[n], d_now = d_blank[n + 1];
        d_label[n] = d_own * std::exp(label_before[n] + own - label_after[n]) +
                     d_now * std::exp(label_before[n] + now + Unless(repeats_[n]) - blank_after[n + 1]);
        d_entered[n] += d_own * std::exp(entered_[n] + own - label_after[n]);
        d_entered[n + 1] = d_now * std::exp(entered_[n + 1] + now - blank_after[n + 1]);
        d_columns[kBlank] += d_now;
        if (labels_[n] < columns_) d_columns[labels_[n]] += d_own;
      }
      d_blank[0] = d_entered[0];
      for (size_t n = 0; n < count_; ++n) {
        d_blank[n + 1] = d_entered[n + 1] * std::exp(blank_before[n + 1] - entered_[n + 1]);
        d_label[n] += d_entered[n + 1] * std::exp(label_before[n] + Unless(!repeats_[n]) - entered_[n + 1]);
      }
      WriteGradient(t, d_columns, scale, gradient);
    }
  }

 private:
  double* blank(size_t t) { return blank_.data() + t * (count_ + 1); }
  double* label(size_t t) { return label_.data() + t * count_; }
  static double Unless(bool possible) { return possible ? 0.0 : kNever; }

  // A label that is not repeated needs no blank before the next one.
  void Enter(size_t t) {
    const double *from = blank(t), *read = label(t);
    entered_[0] = from[0];
    for (size_t n = 0; n < count_; ++n) entered_[n + 1] = LogAdd(from[n + 1], read[n] + Unless(!repeats_[n]));
  }

  // After the last timestep it does not matter whether a blank came.
  double Last() {
    return count_ == 0 ? blank(steps_)[0] : LogAdd(blank(steps_)[count_], label(steps_)[count_ - 1]);
  }

  double Largest(const float* x) const {
    float largest = x[0];
    for (size_t j = 1; j < columns_; ++j) largest = x[j] > largest ? x[j] : largest;
    return largest;
  }
  double LogTotal(const float* x) const {
    const double largest = Largest(x);
    double total = 0.0;
    ForExponentials(x, largest, columns_, [&](size_t, size_t n, const double* exponentials) {
      for (size_t j = 0; j < n; ++j) total += exponentials[j];
    });
    return std::log(total) + largest;
  }
  // Keras gives ids beyond the classes no output at all.
  double LogProbability(size_t t, size_t column) const {
    return column < columns_ ? sample_.prediction(t)[column] - totals_[t] : 0.0;
  }

  // From the logarithms of probabilities to logits.
  void WriteGradient(size_t t, const std::vector<double>& d_columns, double scale, float* gradient) const {
    const float* x = sample_.prediction(t);
    float* out = gradient + static_cast<size_t>(sample_.rows[t]) * sample_.all.stride;
    double sum = 0.0;
    for (const double d : d_columns) sum += d;
    const double largest = Largest(x), share = sum * std::exp(largest - totals_[t]);
    ForExponentials(x, largest, columns_, [&](size_t begin, size_t n, const double* exponentials) {
      for (size_t j = 0; j < n; ++j)
        out[begin + j] = static_cast<float>((d_columns[begin + j] - exponentials[j] * share) * scale);
    });
  }

  const SampleRows& sample_;
  size_t steps_, columns_, count_ = 0;
  std::vector<size_t> labels_;
  std::vector<char> repeats_;  // whether a label is that of the next one, so that a blank parts them
  std::vector<double> blank_, label_, entered_, totals_;
};

class Ctc : public Loss {
 public:
  bool is_sequential() const override { return true; }

  double Sample(const SampleRows& sample, double scale, float* gradient) const override {
    Alignment alignment(sample, sample.all.columns);
    const double loss = alignment.Forward();
    if (gradient) alignment.Backward(scale, gradient);
    return loss;
  }
};

}  // namespace

std::unique_ptr<Loss> MakeCtc() { return std::make_unique<Ctc>(); }

}  // namespace ostinato
