// SPDX-License-Identifier: MIT
// The contract of layers, in two halves. A Layer is what it is made of: weights, and packed copies of them;
// all uses of it, in one model or in several, share it. A Node is one use of it in one model: what that use
// holds of a batch.
#ifndef OSTINATO_LAYERS_LAYER_H_
#define OSTINATO_LAYERS_LAYER_H_

#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "batch/batch_layout.h"
#include "batch/tensor.h"
#include "initializers/initializers.h"
#include "kernels/kernel_list.h"
#include "layers/gradient_sums.h"
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

// What is known of a value before a batch comes: [N, columns], or as a sequence [N, steps, columns]. With
// `parts` each sample has so many rows of this shape, which lie one after another: [N, parts, steps,
// columns].
struct ValueShape {
  bool sequence;
  int64_t steps;      // -1 where a batch tells
  size_t columns;     // 0 where a batch tells
  int64_t parts = 0;  // 0 for none, -1 where a batch tells

  // Of one sample of a batch.
  size_t rows() const {
    return static_cast<size_t>(sequence ? steps : 1) * static_cast<size_t>(parts > 0 ? parts : 1);
  }
};

// One batch on its way through the model.
struct BatchContext {
  const KernelCalls& kernels;
  WorkerPool& pool;
  const Shortcuts& shortcuts;
  BackgroundTask& next_batch;  // lays out the next batch; long regions take it along
  GradientSums& weights;       // what Backward adds the gradients of weights to
  bool training;
  bool learns;         // in training; a prediction that only acts as in training changes nothing of a layer
  uint64_t iteration;  // batches trained so far: the dropout stream
  float loss_scale;    // of the gradients that Backward is given

  // Where weights are packed: on all threads while nobody else can use them, else on this one
  // (Layer::PackOnce).
  WorkerPool* packing_pool() const { return learns ? &pool : nullptr; }
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

// What a layer does about masked steps: computes each step by itself, so that they do not matter; treats them
// in a way of its own; or knows no mask, and takes them as they are.
enum class MaskUse { kStepwise, kOwn, kNone };

// One use of a layer. A model runs one batch at a time through its nodes.
class Node {
 public:
  virtual ~Node() = default;

  // Sets the outputs for these inputs; they are valid until the next Forward.
  virtual void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) = 0;

  // Given the gradients of the outputs of the last Forward (data null: zero), adds those of the weights to
  // batch.weights, and sets inputs[i] where needs[i]. The memory of a gradient that is given is the node's:
  // it may be written over, and handed on as the gradient of one input. What is set for two inputs are two
  // memories.
  virtual void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                        BatchContext& batch) = 0;

  // Floats of batch memory that Forward takes at most for one row, in inference, where the values that it
  // reads and gives have these shapes.
  virtual size_t ForwardFloats(const std::vector<ValueShape>& inputs,
                               const std::vector<ValueShape>& outputs) const;
  // The last batch counts: what the node or its layer carries over to the next one changes now, and nowhere
  // else. Takes no memory.
  virtual void Commit() {}

  // Whether all rows that begin with the same steps are treated alike while they do, so that those stay
  // shared.
  virtual bool SharesPadding(bool training) const {
    (void)training;
    return true;
  }
  virtual MaskUse mask_use(bool training) const {
    (void)training;
    return MaskUse::kStepwise;
  }
  // Whether the outputs are wanted with their masked steps: a model's reader, or a node that knows no mask,
  // looks at more than one step of them.
  virtual void ReturnUnmasked(bool unmasked) { (void)unmasked; }
  // Whether training changes the weights.
  virtual void SetTrainable(bool trainable) { (void)trainable; }

  // Where the last activation is computed together with the loss: logits of the last Forward; Backward then
  // takes their gradient.
  virtual void FuseWithLoss(bool fused) { (void)fused; }
  virtual const float* Logits() const { return nullptr; }

  // Penalty on the last outputs, per batch (activityRegularizer).
  virtual double ActivityPenalty() const { return 0.0; }
  // Whether it adds such a penalty, so that there is a gradient even where no loss depends on its output.
  virtual bool AddsPenalty() const { return false; }
  // Appends the states that are carried from batch to batch.
  virtual void ListCarried(std::vector<CarriedStates*>* list) { (void)list; }
};

// A node of one input and one output.
class UnaryNode : public Node {
 public:
  virtual Tensor Forward(const Tensor& input, BatchContext& batch) = 0;
  // The gradient of the input where `needs_input`, else an empty one.
  virtual Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) = 0;

  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) final {
    outputs[0] = Forward(inputs[0], batch);
  }
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) final {
    const Gradient gradient = Backward(outputs[0], batch, needs[0]);
    if (needs[0]) inputs[0] = gradient;
  }
};

// What a layer is called with besides its inputs, where its kind takes that: a struct of its own then.
struct NodeCall {
  virtual ~NodeCall() = default;
};

// What a model tells a layer of the node that it wants.
struct NodeConfig {
  size_t inputs;  // how many it reads
  uint64_t use;   // numbers the uses of one layer in one model, so that each draws other random numbers
  bool flips;     // see GraphNode
  Arena* arena;   // of the model
  const NodeCall* call = nullptr;
};

class Layer {
 public:
  Layer() = default;
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Shapes of the outputs. Throws where the inputs do not suit: TypeScript has checked them, so that is a bug
  // of ours.
  virtual std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const = 0;
  // Whether OutputShapes says how many parts the outputs have; else they have those of the inputs, for a
  // layer does not care whether its rows are samples or parts of them.
  virtual bool ChangesParts() const { return false; }
  // The node must not outlive the layer.
  virtual std::unique_ptr<Node> MakeNode(const NodeConfig& config) = 0;
  // Whether a node can give the logits of this last activation to a loss.
  virtual bool CanFuseWithLoss(Activation activation) const {
    (void)activation;
    return false;
  }
  // Seed of what is drawn in training.
  virtual void SetSeed(uint64_t seed) { (void)seed; }

  // Weights in Keras' order.
  std::deque<Parameter>& parameters() { return parameters_; }
  const std::deque<Parameter>& parameters() const { return parameters_; }
  // The weights changed.
  void Invalidate() { is_packed_ = false; }

  // Values that a weight is to have and that Settle gives it: drawn, or those at `values`, which the caller
  // keeps until then. They take the place of all others.
  void DrawWeight(size_t weight, const InitializerSpec& initializer, uint64_t seed);
  void FillWeight(size_t weight, const float* values);
  // A weight is about to be written: what it was to become counts no more.
  void DropPending(size_t weight);
  // Whether anything waits for Settle, with which all begin that read weights. On any thread.
  bool is_settled() const { return is_settled_; }
  // Several models may ask at the same time: one does it, and lets no job in meanwhile that would wait for
  // it. Throws Cancelled: what is left is done the next time.
  void Settle(WorkerPool& pool);
  size_t bytes() const { return arena_.bytes(); }

 protected:
  // The last `inner` axes make a row of its gradient.
  void AddParameter(std::vector<size_t> shape, const WeightConfig& config, size_t inner = 1) {
    parameters_.emplace_back(&arena_, std::move(shape), config, inner);
  }
  // Calls pack() where the weights changed since it was called last. Several models may ask at the same time,
  // and one does it, as in Settle; a model that learns (BatchContext::packing_pool) is alone, and lets other
  // jobs in.
  template <class Pack>
  void PackOnce(const WorkerPool* learning, Pack&& pack) {
    if (is_packed_) return;  // a stream asks at each timestep: not for the mutex
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_packed_) return;
    std::optional<WorkerPool::Undivided> undivided;
    if (!learning) undivided.emplace();
    pack();
    is_packed_ = true;
  }
  Arena* arena() { return &arena_; }

 private:
  // What a weight is to become.
  struct Pending {
    size_t weight;
    const float* values;  // or null where it is drawn
    InitializerSpec initializer;
    uint64_t seed;
  };

  void SetPending(Pending pending);

  Arena arena_;
  std::deque<Parameter> parameters_;
  std::mutex mutex_;
  std::atomic<bool> is_packed_{false};
  std::vector<Pending> pending_;
  std::atomic<bool> is_settled_{true};
};

// A layer without weights, whose nodes have its config and nothing else: NodeType(config, const NodeConfig&).
template <class Config, class NodeType>
class PlainLayer : public Layer {
 public:
  explicit PlainLayer(const Config& config) : config_(config) {}
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override {
    return std::make_unique<NodeType>(config_, node);
  }

 protected:
  Config config_;
};

// Number of logical rows of a tensor.
inline size_t RowCount(const Tensor& tensor) {
  return tensor.space == Space::kSamples ? tensor.layout->rows() : tensor.layout->step_count();
}

// Logical row i of a tensor.
inline const float* RowAt(const Tensor& tensor, size_t i) {
  return tensor.data + (tensor.index ? static_cast<size_t>(tensor.index[i]) : i) * tensor.stride;
}

// The output of a node that computes each row of `input` by itself: rows of `data` in order.
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

// What OutputShapes checks of a layer's one input; throws where it does not hold.
const ValueShape& OneInput(const std::vector<ValueShape>& inputs, const char* layer);
const ValueShape& OneSequence(const std::vector<ValueShape>& inputs, const char* layer);
void ExpectShape(bool holds, const char* what);

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_LAYER_H_
