// SPDX-License-Identifier: MIT
#include "layers/reshape.h"

#include <cstring>

namespace ostinato {
namespace {

// Where step t of row r stands in a plain sequence, or row r among samples.
size_t Position(Space space, size_t rows, size_t r, size_t t) {
  return space == Space::kSteps ? 1 + t * rows + r : r;
}

}  // namespace

std::vector<ValueShape> Reshape::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneInput(inputs, "reshape");
  const size_t rows = input.sequence ? static_cast<size_t>(input.steps) : 1;
  const size_t steps = std::max<size_t>(1, config_.steps);
  ExpectShape(rows * input.columns == steps * config_.columns, "reshape keeps the number of elements");
  return {{config_.steps > 0, static_cast<int64_t>(steps), config_.columns}};
}

ReshapeNode::ReshapeNode(const ReshapeConfig& config, const NodeConfig& node)
    : steps_(config.steps),
      columns_(config.columns),
      expand_(node.arena),
      layout_(node.arena),
      flat_(node.arena),
      index_(node.arena),
      gradient_(node.arena) {}

Tensor ReshapeNode::Forward(const Tensor& given, BatchContext& batch) {
  const bool sequence = given.space == Space::kSteps;
  input_ = sequence ? expand_.Forward(given) : given;
  const size_t rows = input_.layout->rows(), from_steps = sequence ? input_.layout->steps() : 1;
  const size_t columns = input_.columns, size = from_steps * columns;
  flat_.Resize((rows + 1) * size);
  std::memset(flat_.data() + rows * size, 0, size * sizeof(float));
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < from_steps; ++t)
        std::memcpy(flat_.data() + r * size + t * columns, RowAt(input_, Position(input_.space, rows, r, t)),
                    columns * sizeof(float));
  });
  Tensor output = RowsLike(input_, flat_.data(), columns_, columns_);
  output.space = Space::kSamples;
  output.fill = MaskFill::kUnused;
  if (steps_ == 0) return output;
  layout_.BuildPlain(*input_.layout, steps_);
  index_.Resize(layout_.step_count());
  index_[0] = static_cast<int32_t>(rows * steps_);
  for (size_t t = 0; t < steps_; ++t)
    for (size_t r = 0; r < rows; ++r) index_[1 + t * rows + r] = static_cast<int32_t>(r * steps_ + t);
  output.space = Space::kSteps;
  output.index = index_.data();
  output.layout = &layout_;
  return output;
}

Gradient ReshapeNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const bool sequence = input_.space == Space::kSteps;
  const Space space = steps_ > 0 ? Space::kSteps : Space::kSamples;
  const size_t rows = input_.layout->rows(), from_steps = sequence ? input_.layout->steps() : 1;
  const size_t columns = input_.columns, size = from_steps * columns, stride = PaddedStride(columns);
  gradient_.Resize((rows * from_steps + 1) * stride);
  ZeroAll(batch.pool, &gradient_);
  // The values are needed no more: their memory takes the gradients in the same order.
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      float* flat = flat_.data() + r * size;
      for (size_t t = 0; t * columns_ < size; ++t)
        std::memcpy(flat + t * columns_, output.data + Position(space, rows, r, t) * output.stride,
                    columns_ * sizeof(float));
      for (size_t t = 0; t < from_steps; ++t)
        std::memcpy(gradient_.data() + Position(input_.space, rows, r, t) * stride, flat + t * columns,
                    columns * sizeof(float));
    }
  });
  const Gradient gradient = {gradient_.data(), stride, false};
  return sequence ? expand_.Backward(gradient, batch) : gradient;
}

}  // namespace ostinato
