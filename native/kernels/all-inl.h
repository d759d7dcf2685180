// SPDX-License-Identifier: MIT
// Every kernel, compiled once per ISA: isa/kernels_<isa>.cc includes this after saying which ISA it is.
#ifndef OSTINATO_KERNELS_ALL_INL_H_
#define OSTINATO_KERNELS_ALL_INL_H_

#include "kernels/attention-inl.h"
#include "kernels/constraints-inl.h"
#include "kernels/elementwise-inl.h"
#include "kernels/gemm-inl.h"
#include "kernels/optimizers-inl.h"
#include "kernels/orthogonal-inl.h"
#include "kernels/walk-inl.h"

namespace ostinato {
namespace {

constexpr KernelTable MakeTable(const char* isa) {
  return {isa,
          kLanes,
          kTileRows,
          kWalkRows,
          Pack,
          Gemm,
          Outer,
          ColumnSum,
          GroupSum,
          WalkForward,
          WalkBackward,
          ActivateRows,
          ActivationGradientRows,
          Dropout,
          AttentionWeights,
          AttentionWeightsGradient,
          AdditiveScores,
          AdditiveScoresGradient,
          Update,
          GradientSquares,
          Accumulate,
          AverageWeights,
          Penalty,
          UnitVectors,
          Orthogonal,
          Constrain,
          AddTo,
          Peak};
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_ALL_INL_H_
