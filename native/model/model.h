// SPDX-License-Identifier: MIT
// The executor of a graph: one batch through its nodes, forward and back; train, evaluate, predict. One job
// at a time; no JavaScript in sight.
#ifndef OSTINATO_MODEL_MODEL_H_
#define OSTINATO_MODEL_MODEL_H_

#include <deque>
#include <memory>
#include <vector>

#include "model/dataset.h"
#include "model/head.h"
#include "optimizers/optimizer.h"
#include "plan/plan.h"
#include "threading/background_task.h"
#include "threading/job_control.h"

namespace ostinato {

struct CompileConfig {
  OptimizerConfig optimizer;
  std::vector<bool> trainable;  // by weight
  std::vector<bool>
      layer_trainable;            // by weight: of its layer, which may have weights that are never trained
  std::vector<HeadConfig> heads;  // one for each output
};

enum class RunMode { kTrain, kEvaluate, kPredict };

// Rows [begin, end) of `order` (null: of the data set itself), `batch_size` to a batch. Of several data sets,
// each is one batch after the other's end, and [begin, end) are all rows of all of them.
struct Run {
  RunMode mode;
  std::vector<const Dataset*> datasets;
  const int32_t* order;  // or null
  size_t begin, end, batch_size;
  std::vector<float*> outputs;  // predict: of each output [.., output size]
  bool training;                // predict as in training: with dropout, and statistics of the batch
  size_t
      max_workspace;  // bytes that a batch of predict or evaluate may take before it is cut, where it can be
  std::vector<double>
      totals;  // of the runs before, see RunResult: sums do not depend on how batches are grouped
};

struct RunResult {
  size_t rows_done = 0;
  // [loss total, loss weight, where there are several losses the total of each, state of metric 0 of output
  // 0, ...]
  std::vector<double> totals;
};

class Model {
 public:
  explicit Model(const Graph& graph);

  const Plan& plan() const { return plan_; }
  // Weights were written from outside.
  void Invalidate();
  // Whether anything waits for Settle, which a run begins with: first values of weights and of the optimizer.
  bool is_settled() const;
  void Settle(WorkerPool& pool);
  // A weight is about to be written: what it was to become counts no more.
  void DropPending(size_t weight);

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
  // Of this model alone and of its layers.
  size_t bytes() const;
  // Of this model alone, those that no call needs between two batches; how often memory was taken; see Arena.
  size_t workspace_bytes() const { return arena_.batch_bytes(); }
  size_t allocations() const { return arena_.allocations(); }
  FreedMemory Sweep() { return arena_.Sweep(); }
  FreedMemory Trim() { return arena_.Trim(); }
  // Size of the totals of a run, once compiled.
  size_t totals_size() const { return totals_size_; }
  // Elements of one row of each output, for these inputs.
  std::vector<size_t> OutputSizes(const Dataset& data) const;
  // The uses of stateful layers, or of one of them, begin anew.
  void ResetStates(const size_t* layer);
  // One per use of a stateful layer.
  std::vector<CarriedStates*> carried_states() const;

 private:
  // One batch of a run, or a part of one.
  struct Slice {
    const Dataset* data;
    size_t begin, rows;
    bool begins_batch, ends_batch;
  };
  // The gradient of a value, as far as its readers gave it, in each of its forms.
  struct ValueGradient {
    explicit ValueGradient(Arena* arena) : sums(arena) {}
    Gradient by_position, per_distinct;
    TokenSums sums;  // of the former, where there are both
  };

  std::vector<ValueShape> ShapesFor(const Dataset& data) const;
  std::vector<Slice> Slices(const Run& run) const;
  size_t SlicesOf(const Run& run, const Dataset& data, size_t rows) const;
  void CheckData(const Run& run, const Dataset& data) const;
  void LayOut(const Run& run, const Slice& slice, std::deque<BatchLayout>* layouts);
  void ReadSources(const Dataset& data, const std::deque<BatchLayout>& layouts);
  const int32_t* PartsOf(const Run& run, const Slice& slice, size_t parts);
  const Tensor& InputOf(const PlannedNode& node, size_t i) const;
  void Forward(BatchContext& batch);
  size_t StackedAt(size_t first, const BatchContext& batch) const;
  void ForwardStack(size_t first, size_t count, BatchContext& batch);
  void Propagate(BatchContext& batch);
  void AddGradient(size_t value, const Gradient& gradient, BatchContext& batch);
  Gradient GradientOf(size_t value, BatchContext& batch);
  double WeightPenalty(BatchContext& batch) const;
  double ActivityPenalty() const;
  void RunEach(const Run& run, JobControl& control, RunResult* result);
  void RunSlice(const Run& run, const Slice& slice, BatchContext& batch, size_t done);
  void Score(const Slice& slice, BatchContext& batch, bool training);
  void Commit(BatchContext& batch, RunMode mode);
  bool is_additive() const;

  Arena arena_;
  Shortcuts shortcuts_;
  Plan plan_;
  size_t first_trained_ = 0;     // nodes below have no weights and read none
  std::vector<bool> trainable_;  // by weight
  std::unique_ptr<GradientSums> gradients_;
  std::deque<BatchLayout> layouts_[2];  // of each source: those of the batch in work and of the one after it
  Buffer<int32_t> parts_;               // of the samples of the batch that is laid out
  std::deque<Buffer<float>> numbers_;   // of each source: ids as numbers
  std::vector<Tensor> source_tensors_, tensors_, inputs_;
  std::deque<ValueGradient> value_gradients_;
  std::deque<Head> heads_;
  uint64_t draws_ = 0;  // batches predicted as in training: their dropout streams
  size_t losses_ = 0, totals_size_ = 0;
  std::unique_ptr<Optimizer> optimizer_;
  std::vector<double> totals_;        // of the run, with the batch in work
  size_t batch_rows_ = 0;             // of the parts of the batch so far
  double penalties_ = 0;              // on their outputs, times rows
  std::vector<size_t> output_sizes_;  // of the run, where it predicts
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_MODEL_H_
