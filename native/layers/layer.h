// SPDX-License-Identifier: MIT
// The contract of a layer: views in, views out, all memory its own. A layer is run by one job at a time.
#ifndef OSTINATO_LAYERS_LAYER_H_
#define OSTINATO_LAYERS_LAYER_H_

#include <cstring>
#include <memory>
#include <vector>

#include "base/arena.h"
#include "batch/batch_layout.h"
#include "batch/tensor.h"
#include "kernels/kernel_list.h"
#include "layers/parameter.h"
#include "threading/background_task.h"
#include "threading/kernel_calls.h"
#include "threading/worker_pool.h"

namespace ostinato {

// The exact shortcuts; all on except in tests that compare on and off.
struct Shortcuts {
  bool token_projection = true;
  bool reverse_projection = true;
  bool shared_padding = true;
  bool fused_walk = true;
  bool overlap_layers = true;
};

// One batch on its way through the model.
struct BatchContext {
  const KernelCalls& kernels;
  WorkerPool& pool;
  const Shortcuts& shortcuts;
  const BatchLayout& layout;   // of the inputs; layers behind them read their input's
  BackgroundTask& next_batch;  // lays out the next batch; long regions take it along
  bool training;
  uint64_t iteration;          // batches trained so far: the dropout stream
  float loss_scale;            // of the gradient that Backward is given
  const float* initial_state;  // [data set rows, initial_stride]: all states of the first recurrent layer, or
                               // null
  size_t initial_stride;
};

// Last states of a batch, in which the next one begins: [rows, size]; no rows where it begins at zero.
struct CarriedStates {
  CarriedStates(Arena* arena, size_t size_) : size(size_), values(arena) {}
  // For so many rows, where there are none yet or as many.
  void MakeRoom(size_t rows_) { values.Resize(rows_ * size); }
  void SetRows(size_t rows_) {
    MakeRoom(rows_);
    rows = rows_;
  }
  size_t size, rows = 0;
  StateBuffer<float> values;
};

// What a layer does about masked steps: computes each step by itself, so that it matters not; treats them in
// a way of its own; or knows no mask, and takes them as they are.
enum class MaskUse { kStepwise, kOwn, kNone };

// Rows of one timestep, one of each stream (streams/stepper.h): row i lies at data + index[i] * stride (index
// null: at i).
struct StreamRows {
  const float* data;
  const int32_t* index;
  size_t stride;
  size_t columns;
};

// Some streams that go one timestep on together.
struct StreamBatch {
  const KernelTable& kernels;
  size_t rows;
  // What row i's stream keeps for this layer: stream_floats() of them at states + places[i] * state_stride.
  float* states;
  size_t state_stride;
  const int32_t* places;
  float* work;      // rows * step_floats() floats of this layer; the output may lie there
  uint8_t* masked;  // per row: whether this timestep is masked
};

class Layer {
 public:
  virtual ~Layer() = default;

  // The output for `input`; valid until the next Forward.
  virtual Tensor Forward(const Tensor& input, BatchContext& batch) = 0;

  // Floats of batch memory that Forward takes at most for a row of `steps` timesteps (1 where it has none) of
  // `columns`, in inference.
  virtual size_t ForwardFloats(size_t steps, size_t columns) const = 0;

  // Given the gradient of the output of the last Forward, sets the parameters' gradients, and returns the
  // gradient of the input where `needs_input` (else an empty one).
  virtual Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) = 0;

  // The last batch counts: what the layer carries over to the next one changes now, and nowhere else. Takes
  // no memory.
  virtual void Commit() {}

  // Whether the layer treats a row of a sequence alike wherever it comes from, so that shared padding stays
  // shared.
  virtual bool SharesPadding(bool training) const {
    (void)training;
    return true;
  }
  // Whether the output of this layer for a sequence is one row per sample.
  virtual bool EndsSequence() const { return false; }
  // Timesteps of the output for an input of `steps`.
  virtual int64_t OutputSteps(int64_t steps) const { return steps; }
  // Called after the weights changed.
  virtual void Invalidate() { packed_weights_ = false; }
  // Appends the weights in Keras' order.
  virtual void ListParameters(std::vector<Parameter*>* list) {
    for (Parameter& parameter : parameters_) list->push_back(&parameter);
  }

  // Streams: whether the layer goes on one timestep at a time, as in inference; what it keeps of a stream
  // meanwhile (zero at first), and the room that a row of `columns` needs. PrepareSteps comes before any
  // Step, when no run is under way; Step changes nothing but what it is given, so that several threads may
  // step.
  virtual bool CanStep() const { return false; }
  virtual size_t stream_floats() const { return 0; }
  virtual size_t step_columns(size_t columns) const { return columns; }  // of the output
  virtual size_t step_floats(size_t columns) const {
    (void)columns;
    return 0;
  }
  virtual void PrepareSteps(const KernelTable& kernels) { (void)kernels; }
  // By default that of layers that do nothing in inference.
  virtual StreamRows Step(const StreamRows& input, const StreamBatch& batch) const {
    (void)batch;
    return input;
  }

  // Itself where it is a single recurrent layer.
  virtual class Recurrent* AsRecurrent() { return nullptr; }
  // Recurrent layers: elements of all states of a row; floats of the recurrent kernel; the states after the
  // last Forward, row i of the batch at out + i * stride; forgetting the states of a stateful layer.
  virtual size_t state_size() const { return 0; }
  virtual size_t walk_floats() const { return 0; }
  virtual void ReadStates(float* out, size_t stride) const {
    (void)out;
    (void)stride;
  }
  virtual void ResetStates() {}
  // Appends the states that stateful layers carry from batch to batch.
  virtual void ListCarried(std::vector<CarriedStates*>* list) { (void)list; }
  virtual MaskUse mask_use(bool) const { return MaskUse::kStepwise; }
  // Whether the outputs are wanted with their masked steps: where the reader, or a layer that knows no mask,
  // is the first to look at more than a step.
  virtual void ReturnUnmasked(bool unmasked) { (void)unmasked; }
  // Penalty on the last outputs, per batch (activityRegularizer).
  virtual double ActivityPenalty() const { return 0.0; }

  // Where the last activation is computed together with the loss: logits of the last Forward, and from then
  // on Backward takes their gradient. Null where the layer has no such activation.
  virtual const float* Logits() const { return nullptr; }
  virtual void FuseWithLoss(bool fused) { (void)fused; }
  virtual bool CanFuseWithLoss(Activation activation) const {
    (void)activation;
    return false;
  }

 protected:
  explicit Layer(Arena* arena) : arena_(arena) {}
  Arena* arena_;
  std::vector<Parameter> parameters_;
  bool packed_weights_ = false;
};

// Number of logical rows of a tensor.
inline size_t RowCount(const Tensor& tensor) {
  return tensor.space == Space::kSamples ? tensor.layout->rows() : tensor.layout->step_count();
}

// Logical row i of a tensor.
inline const float* RowAt(const Tensor& tensor, size_t i) {
  return tensor.data + (tensor.index ? static_cast<size_t>(tensor.index[i]) : i) * tensor.stride;
}

inline const float* RowAt(const StreamRows& rows, size_t i) {
  return rows.data + (rows.index ? static_cast<size_t>(rows.index[i]) : i) * rows.stride;
}

// The output of a layer that computes each row of `input` by itself: rows of `data` in order.
inline Tensor RowsLike(const Tensor& input, const float* data, size_t stride, size_t columns) {
  Tensor output = input;
  output.data = data;
  output.index = nullptr;
  output.stride = stride;
  output.columns = columns;
  output.distinct = nullptr;
  return output;
}

// Calls body(begin, end) for fixed chunks of [begin, end): the split depends on the problem alone.
template <class Body>
void ForChunks(WorkerPool& pool, size_t begin, size_t end, size_t chunk, Body&& body) {
  if (end <= begin) return;
  pool.For((end - begin + chunk - 1) / chunk, [&](size_t task) {
    const size_t from = begin + task * chunk;
    body(from, from + chunk < end ? from + chunk : end);
  });
}

// Sets all of a buffer to zero.
inline void ZeroAll(WorkerPool& pool, Buffer<float>* buffer) {
  constexpr size_t kFloats = size_t{1} << 18;
  ForChunks(pool, 0, buffer->size(), kFloats, [&](size_t begin, size_t end) {
    std::memset(buffer->data() + begin, 0, (end - begin) * sizeof(float));
  });
}

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_LAYER_H_
