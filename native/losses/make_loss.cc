// SPDX-License-Identifier: MIT
#include "losses/make_loss.h"

#include "losses/cosine_similarity.h"
#include "losses/crossentropy.h"
#include "losses/focal_crossentropy.h"
#include "losses/hinge.h"
#include "losses/overlap.h"
#include "losses/probabilistic.h"
#include "losses/regression.h"

namespace ostinato {

std::unique_ptr<Loss> MakeLoss(const LossConfig& config) {
  switch (config.kind) {
    case LossKind::kBinaryCrossentropy:
    case LossKind::kCategoricalCrossentropy:
    case LossKind::kSparseCategoricalCrossentropy:
      return MakeCrossentropy(config);
    case LossKind::kBinaryFocalCrossentropy:
    case LossKind::kCategoricalFocalCrossentropy:
      return MakeFocalCrossentropy(config);
    case LossKind::kMeanSquaredError:
    case LossKind::kMeanAbsoluteError:
    case LossKind::kMeanAbsolutePercentageError:
    case LossKind::kMeanSquaredLogarithmicError:
    case LossKind::kHuber:
    case LossKind::kLogCosh:
      return MakeRegression(config);
    case LossKind::kCosineSimilarity:
      return MakeCosineSimilarity();
    case LossKind::kHinge:
    case LossKind::kSquaredHinge:
    case LossKind::kCategoricalHinge:
      return MakeHinge(config);
    case LossKind::kKlDivergence:
    case LossKind::kPoisson:
      return MakeProbabilistic(config);
    case LossKind::kDice:
    case LossKind::kTversky:
      return MakeOverlap(config);
  }
  return nullptr;
}

}  // namespace ostinato
