// SPDX-License-Identifier: MIT
// The embedding layer in double precision: rows taken, and gradients put back where they came from.
#include "reference/embedding_ref.h"

namespace ostinato {
namespace reference {

void EmbeddingForward(size_t positions, size_t dim, const int32_t* tokens, const double* embeddings,
                      double* y) {
  for (size_t p = 0; p < positions; ++p) {
    for (size_t d = 0; d < dim; ++d) y[p * dim + d] = embeddings[static_cast<size_t>(tokens[p]) * dim + d];
  }
}

void EmbeddingBackward(size_t positions, size_t vocabulary, size_t dim, const int32_t* tokens,
                       const double* dy, double* gradient) {
  for (size_t i = 0; i < vocabulary * dim; ++i) gradient[i] = 0;
  for (size_t p = 0; p < positions; ++p) {
    for (size_t d = 0; d < dim; ++d) gradient[static_cast<size_t>(tokens[p]) * dim + d] += dy[p * dim + d];
  }
}

}  // namespace reference
}  // namespace ostinato
