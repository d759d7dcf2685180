// SPDX-License-Identifier: MIT
#include "layers/matrix_product.h"

#include <algorithm>

namespace ostinato {
namespace {

constexpr size_t kColumns = PanelFloats(1);

}  // namespace

void Multiply(const KernelTable& kernels, Matrix a, size_t m, size_t k, Matrix b, bool transposed, size_t n,
              MutableMatrix out, float* panels) {
  for (size_t first = 0; first < n; first += kColumns) {
    const size_t columns = std::min(kColumns, n - first);
    const float* from = b.data + (transposed ? first * b.stride : first);
    kernels.pack({from, b.stride, k, columns, transposed, panels, 0}, 0, PaddedColumns(columns));
    kernels.gemm(
        {a.data, nullptr, a.stride, panels, k, columns, nullptr, false, out.data + first, out.stride, 0, m});
  }
}

void MultiplyTransposed(const KernelTable& kernels, Matrix a, size_t k, size_t m, Matrix b, size_t n,
                        bool accumulate, MutableMatrix out) {
  kernels.outer({a.data, nullptr, a.stride, m, b.data, b.stride, n, nullptr, 0, k, k, accumulate, out.data,
                 out.stride});
}

}  // namespace ostinato
