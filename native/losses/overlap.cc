// SPDX-License-Identifier: MIT
#include "losses/overlap.h"

namespace ostinato {
namespace {

// 1 - numerator / denominator of sums over elements, where targets and outputs are both 1 (`both`), only the
// targets are (`missed`) or only the outputs (`extra`). Dice is 2 both / (targets + outputs), which is
// both / (both + (missed + extra) / 2); Keras adds epsilon to the denominator before the division by 2.
class Overlap : public Loss {
 public:
  explicit Overlap(const LossConfig& config)
      : alpha_(config.kind == LossKind::kDice ? 0.5 : config.alpha),
        beta_(config.kind == LossKind::kDice ? 0.5 : config.beta),
        epsilon_(config.kind == LossKind::kDice ? 0.5 * kEpsilon : kEpsilon),
        by_row_(config.by_row) {}

  bool is_whole() const override { return !by_row_; }

  void Begin(const Rows& rows) override {
    if (by_row_) return;
    whole_ = Sums();
    ForEachRow(rows, [&](size_t i) { Add(rows.prediction(i), rows.target(i), rows.columns, &whole_); });
  }

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    Sums sums = whole_;
    if (by_row_) Add(x, target, columns, &sums);
    const double denominator = sums.both + alpha_ * sums.missed + beta_ * sums.extra + epsilon_;
    if (gradient)
      for (size_t j = 0; j < columns; ++j) {
        const double y = target[j], slope = y - alpha_ * y + beta_ * (1.0 - y);
        gradient[j] =
            static_cast<float>(-(y * denominator - sums.both * slope) / (denominator * denominator) * scale);
      }
    return 1.0 - sums.both / denominator;
  }

 private:
  struct Sums {
    double both = 0, missed = 0, extra = 0;
  };

  static void Add(const float* x, const float* target, size_t columns, Sums* sums) {
    for (size_t j = 0; j < columns; ++j) {
      const double y = target[j], p = x[j];
      sums->both += y * p;
      sums->missed += y * (1.0 - p);
      sums->extra += (1.0 - y) * p;
    }
  }

  double alpha_, beta_, epsilon_;
  bool by_row_;
  Sums whole_;
};

}  // namespace

std::unique_ptr<Loss> MakeOverlap(const LossConfig& config) { return std::make_unique<Overlap>(config); }

}  // namespace ostinato
