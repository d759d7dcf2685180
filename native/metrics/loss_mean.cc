// SPDX-License-Identifier: MIT
#include "metrics/loss_mean.h"

#include "base/error.h"
#include "losses/make_loss.h"
#include "losses/reduction.h"

namespace ostinato {
namespace {

class LossMean : public Metric {
 public:
  explicit LossMean(const MetricConfig& config) : config_(config.loss) {}

  size_t state_size(size_t columns) const override {
    if (TakesLabels(config_.kind) || !FitsColumns(config_, columns))
      throw Error(ErrorCode::kInternal, "native metric: the outputs do not fit the loss");
    return 2;
  }

  bool is_additive() const override { return !MakeLoss(config_)->is_whole(); }

  void Update(const Rows& rows, WorkerPool* pool, double* state) const override {
    const LossSums sums = SumLoss(*MakeLoss(config_), rows, pool);
    // Keras takes the mean of each sample over its timesteps first.
    const double steps = static_cast<double>(rows.steps);
    state[0] += sums.values / steps;
    state[1] += sums.weights / steps;
  }

 private:
  LossConfig config_;
};

}  // namespace

std::unique_ptr<Metric> MakeLossMean(const MetricConfig& config) {
  return std::make_unique<LossMean>(config);
}

}  // namespace ostinato
