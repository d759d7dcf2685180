// SPDX-License-Identifier: MIT
// Products of matrices that belong to one row of a batch: [steps, columns] with a distance of its own between
// steps. The right one is packed where it has to be, a few columns at a time, so that a pack stays in L1.
#ifndef OSTINATO_LAYERS_MATRIX_PRODUCT_H_
#define OSTINATO_LAYERS_MATRIX_PRODUCT_H_

#include <cstddef>

#include "kernels/kernel_list.h"

namespace ostinato {

// Row i at data + i * stride.
struct Matrix {
  const float* data;
  size_t stride;
};

// The same to write: products fill each row up to PaddedColumns with zeros.
struct MutableMatrix {
  float* data;
  size_t stride;
};

// Floats that the packs of a product over k take.
constexpr size_t PanelFloats(size_t k) { return k * 32; }

// out [m, n] = a [m, k] b [k, n], or with `transposed` a b^T of b [n, k].
void Multiply(const KernelTable& kernels, Matrix a, size_t m, size_t k, Matrix b, bool transposed, size_t n,
              MutableMatrix out, float* panels);

// out [m, n] (+)= a^T b of a [k, m] and b [k, n]. Rows of b have zeros up to PaddedColumns.
void MultiplyTransposed(const KernelTable& kernels, Matrix a, size_t k, size_t m, Matrix b, size_t n,
                        bool accumulate, MutableMatrix out);

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MATRIX_PRODUCT_H_
