// SPDX-License-Identifier: MIT
// Layers in order, and one batch through them: train, evaluate, predict. One job at a time; no JavaScript in
// sight.
#ifndef OSTINATO_MODEL_MODEL_H_
#define OSTINATO_MODEL_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "batch/batch_layout.h"
#include "initializers/initializers.h"
#include "layers/expand.h"
#include "losses/loss.h"
#include "losses/reduction.h"
#include "metrics/metric.h"
#include "model/dataset.h"
#include "model/layer_factory.h"
#include "optimizers/optimizer.h"
#include "threading/background_task.h"
#include "threading/job_control.h"

namespace ostinato {

struct CompileConfig {
  OptimizerConfig optimizer;
  LossConfig loss;
  std::vector<MetricConfig> metrics;
};

enum class RunMode { kTrain, kEvaluate, kPredict };

// Rows [begin, end) of `order` (null: of the data set itself), `batch_size` to a batch. Of several data sets,
// each is one batch after the other's end, and [begin, end) are all rows of all of them.
struct Run {
  RunMode mode;
  std::vector<const Dataset*> datasets;
  const int32_t* order;  // or null
  size_t begin, end, batch_size;
  float* outputs;  // predict: [.., output size]
  float* states;   // predict: [.., state size] states of the last recurrent layer after each row, or null
  bool training;   // predict as in training: with dropout, and statistics of the batch
  size_t
      max_workspace;  // bytes that a batch of predict or evaluate may take before it is cut, where it can be
  std::vector<double>
      totals;  // of the runs before, see RunResult: sums do not depend on how batches are grouped
};

struct RunResult {
  size_t rows_done = 0;
  // [loss total, loss weight, state of metric 0..., state of metric 1..., ...]
  std::vector<double> totals;
};

class Model {
 public:
  explicit Model(const ModelConfig& config);

  std::vector<Parameter*>& parameters() { return parameters_; }
  const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }
  bool is_tokens() const { return is_tokens_; }
  // Of token models: ids lie below `vocabulary`; whether 0 is masked.
  size_t vocabulary() const { return vocabulary_; }
  bool mask_zero() const { return mask_zero_; }
  // Numbers of one timestep, in and out.
  size_t input_columns() const { return is_tokens_ ? 1 : static_cast<size_t>(input_shape_.back()); }
  size_t output_columns() const { return output_columns_; }
  // Weights were written from outside.
  void Invalidate();

  // Values that a weight is to have, and that Settle gives it: drawn, or those at `values`, which `holder`
  // keeps. They take the place of all others.
  void DrawWeight(size_t weight, const InitializerSpec& initializer, uint64_t seed);
  void FillWeight(size_t weight, const float* values);
  // Takes the values of a weight of the same size out of another model.
  void MoveWeight(size_t weight, Model& from, size_t from_weight);
  // A weight is about to be written: what it was to become counts no more.
  void DropPending(size_t weight);
  // Whether anything waits for Settle, which a run begins with: first values of weights and of the optimizer.
  bool is_settled() const { return pending_.empty() && !(optimizer_ && optimizer_->is_unsettled()); }
  void Settle(WorkerPool& pool);
  // Gives back all but weights.
  FreedMemory Retire();

  // Returns the memory of the optimizer before.
  FreedMemory Compile(const CompileConfig& config);
  bool is_compiled() const { return optimizer_ != nullptr; }
  void SetLearningRate(double rate);
  Optimizer* optimizer() { return optimizer_.get(); }  // null before Compile
  // Throws Error where the data does not fit the model; nothing has changed then.
  void CheckRun(const Run& run) const;
  // Batch after batch, until all are done or the job is told to stop. `result` counts whole batches, also
  // where this throws: what a batch changes, it changes whole or not at all.
  void RunBatches(const Run& run, JobControl& control, RunResult* result);
  size_t bytes() const { return arena_.bytes(); }
  // Of them, those that no call needs between two batches; how often memory was taken; see Arena.
  size_t workspace_bytes() const { return arena_.batch_bytes(); }
  size_t allocations() const { return arena_.allocations(); }
  FreedMemory Sweep() { return arena_.Sweep(); }
  FreedMemory Trim();
  // Size of the totals of a run, once compiled.
  size_t totals_size() const { return totals_size_; }
  // Elements of one output row for inputs of `steps` timesteps.
  size_t output_size(size_t steps) const { return output_columns_ * output_steps(steps); }
  // Elements of all states of a row, of the last recurrent layer.
  size_t state_size() const { return last_recurrent_ ? last_recurrent_->state_size() : 0; }
  // Stateful layers begin anew.
  void ResetStates();
  // One per stateful layer, each direction of a bidirectional one by itself.
  std::vector<CarriedStates*> carried_states() const;

 private:
  struct Output {
    Rows rows;
    const float* logits;  // first row, or null
    float* gradient;      // first row; whole_gradient begins base rows earlier for sequences
    Gradient whole_gradient;
  };

  // One batch of a run, or a part of one.
  struct Slice {
    const Dataset* data;
    size_t begin, rows;
    bool begins_batch, ends_batch;
  };

  // What a weight is to become.
  struct Pending {
    size_t weight;
    const float* values;  // or null where it is drawn
    InitializerSpec initializer;
    uint64_t seed;
  };

  // What flows into a layer.
  struct Inflow {
    bool sequence;
    size_t columns;
  };

  // What the parts of a batch that is evaluated come to.
  struct Evaluation {
    LossSums loss;
    double penalty = 0;  // on outputs, times rows
    size_t rows = 0;
  };

  struct CompiledMetric {
    std::unique_ptr<Metric> metric;
    bool of_logits, weighted;
    size_t state;  // begin in the totals
  };

  // Rows of one sample's output.
  size_t output_steps(size_t steps) const;
  std::vector<Slice> Slices(const Run& run) const;
  size_t PartsOf(const Run& run, const Dataset& data, size_t rows) const;
  void CheckData(const Run& run, const Dataset& data) const;
  void ChooseUnmasked(bool reader_wants_all, bool training);
  void LayOut(const Run& run, const Slice& slice, BatchLayout* layout) const;
  Tensor Forward(const Run& run, const Dataset& data, const BatchLayout& layout, BatchContext& batch);
  size_t StackedAt(size_t first, const Tensor& input, const BatchContext& batch);
  Tensor ForwardStack(size_t first, size_t count, const Tensor& input, BatchContext& batch);
  Output PrepareOutput(const Tensor& tensor, const Dataset& data, BatchContext& batch, bool with_gradient);
  void DropOptimizer(FreedMemory* freed);
  void CompileLosses(const CompileConfig& config);
  double Penalty(BatchContext& batch) const;
  void RunEach(const Run& run, JobControl& control, RunResult* result);
  void RunSlice(const Run& run, const Slice& slice, BatchContext& batch, size_t done);
  void Evaluate(const Slice& slice, const Rows& rows, BatchContext& batch);
  void Commit(BatchContext& batch, RunMode mode);
  Rows CountedRows(const Rows& rows);
  void AddLoss(double loss, size_t rows);
  void AddMetrics(const Output& output, WorkerPool& pool);
  void Propagate(Gradient gradient, BatchContext& batch);
  double ActivityPenalty() const;
  void WriteOutputs(const Tensor& tensor, WorkerPool& pool, float* out);

  Arena arena_;
  Shortcuts shortcuts_;
  bool is_tokens_;
  std::vector<int64_t> input_shape_;
  bool mask_zero_ = false;
  size_t vocabulary_ = 0, walk_floats_ = 0;
  Layer *first_recurrent_ = nullptr, *last_recurrent_ = nullptr;
  size_t output_columns_ = 0;
  bool output_is_sequence_ = false;
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<Inflow> inflows_;
  size_t first_trained_ = 0;  // layers below have no weights
  std::vector<Parameter*> parameters_;
  std::vector<Pending> pending_;
  // The batch in work and the one after it.
  BatchLayout layouts_[2];
  uint64_t draws_ = 0;  // batches predicted as in training: their dropout streams
  LossConfig loss_config_;
  std::unique_ptr<Loss> loss_;
  std::vector<CompiledMetric> metrics_;
  size_t totals_size_ = 0;
  bool fused_loss_ = false;
  bool is_additive_ = false;  // whether loss and metrics of a batch can be summed over its parts
  std::unique_ptr<Optimizer> optimizer_;
  std::vector<double> totals_;  // of the run, with the batch in work
  Evaluation evaluation_;
  Expand expand_;
  Buffer<float> gathered_, loss_gradient_;
  Buffer<int32_t> target_index_, counted_;
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_MODEL_H_
