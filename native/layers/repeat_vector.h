// SPDX-License-Identifier: MIT
// RepeatVector: [N,C] to [N,n,C], n times the same rows: a view, copying nothing.
#ifndef OSTINATO_LAYERS_REPEAT_VECTOR_H_
#define OSTINATO_LAYERS_REPEAT_VECTOR_H_

#include "layers/layer.h"

namespace ostinato {

class RepeatVector : public Layer {
 public:
  RepeatVector(size_t times, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t, size_t) const override { return kLayoutFloats * times_; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  int64_t OutputSteps(int64_t) const override { return static_cast<int64_t>(times_); }

 private:
  size_t times_;
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_REPEAT_VECTOR_H_
