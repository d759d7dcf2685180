// SPDX-License-Identifier: MIT
// Layers that compute each row by itself and have no weights. Function is the config, and says what a row
// becomes:
//   void Forward(const KernelTable& kernels, const float* x, size_t columns, float* y) const;
//   void Backward(const float* x, const float* y, const float* d, size_t columns, float* dx) const;
// y and dx have PaddedStride(columns) floats; what lies behind the columns is made zero afterwards.
#ifndef OSTINATO_LAYERS_ROW_FUNCTION_H_
#define OSTINATO_LAYERS_ROW_FUNCTION_H_

#include <cstring>
#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

template <class Function>
class RowFunctionNode : public UnaryNode {
 public:
  RowFunctionNode(const Function& function, const NodeConfig& node)
      : function_(function), output_(node.arena), gradient_(node.arena) {}

  // The unused position stands for masked steps and is computed like the others.
  Tensor Forward(const Tensor& input, BatchContext& batch) override {
    input_ = input;
    const size_t columns = input.columns, stride = PaddedStride(columns);
    output_.Resize(RowCount(input) * stride);
    ForEach(batch, [&](size_t i) {
      float* y = output_.data() + i * stride;
      function_.Forward(batch.kernels, RowAt(input_, i), columns, y);
      std::memset(y + columns, 0, (stride - columns) * sizeof(float));
    });
    return RowsLike(input, output_.data(), stride, columns);
  }

  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override {
    if (!needs_input) return {};
    const size_t columns = input_.columns, stride = PaddedStride(columns);
    gradient_.Resize(RowCount(input_) * stride);
    ForEach(batch, [&](size_t i) {
      float* dx = gradient_.data() + i * stride;
      function_.Backward(RowAt(input_, i), output_.data() + i * stride, output.data + i * output.stride,
                         columns, dx);
      std::memset(dx + columns, 0, (stride - columns) * sizeof(float));
    });
    return {gradient_.data(), stride, false};
  }

 private:
  template <class Body>
  void ForEach(BatchContext& batch, Body&& body) const {
    ForChunks(batch.pool, 0, RowCount(input_), 128, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) body(i);
    });
  }

  const Function function_;
  Tensor input_;
  Buffer<float> output_, gradient_;
};

template <class Function>
class RowFunctionLayer : public PlainLayer<Function, RowFunctionNode<Function>>, public UnaryStepping {
 public:
  using PlainLayer<Function, RowFunctionNode<Function>>::PlainLayer;

  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneInput(inputs, "a function of rows")};
  }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override {
    return PaddedStride(inputs[0].columns);
  }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override {
    const size_t columns = input.columns, stride = PaddedStride(columns);
    for (size_t i = 0; i < batch.rows; ++i) {
      float* y = batch.work + i * stride;
      this->config_.Forward(batch.kernels, RowAt(input, i), columns, y);
      std::memset(y + columns, 0, (stride - columns) * sizeof(float));
    }
    return {batch.work, nullptr, stride, columns, input.masked};
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ROW_FUNCTION_H_
