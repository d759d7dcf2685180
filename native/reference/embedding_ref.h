// SPDX-License-Identifier: MIT
// The embedding layer in double precision. For tests only.
#ifndef OSTINATO_REFERENCE_EMBEDDING_REF_H_
#define OSTINATO_REFERENCE_EMBEDDING_REF_H_

#include <stddef.h>
#include <stdint.h>

namespace ostinato {
namespace reference {

// y[p] = E[tokens[p]]. tokens [positions] in, embeddings E [V,D] in, y [positions,D] out.
void EmbeddingForward(size_t positions, size_t dim, const int32_t* tokens, const double* embeddings,
                      double* y);

// dE[v] = sum of dy[p] where tokens[p] = v. gradient [V,D] out, overwritten.
void EmbeddingBackward(size_t positions, size_t vocabulary, size_t dim, const int32_t* tokens,
                       const double* dy, double* gradient);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_EMBEDDING_REF_H_
