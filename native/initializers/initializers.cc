// SPDX-License-Identifier: MIT
// From an initializer's description to the function that draws it.
#include "initializers/initializers.h"

#include <algorithm>

#include "initializers/constant.h"
#include "initializers/normal.h"
#include "initializers/orthogonal.h"
#include "initializers/uniform.h"
#include "initializers/variance_scaling.h"

namespace ostinato {

namespace {

size_t Product(const int64_t* shape, size_t rank) {
  size_t product = 1;
  for (size_t axis = 0; axis < rank; ++axis) product *= static_cast<size_t>(shape[axis]);
  return product;
}

}  // namespace

void Initialize(const InitializerSpec& spec, const int64_t* shape, size_t rank, uint64_t seed, float* out,
                WorkerPool* pool) {
  const size_t n = Product(shape, rank);
  const size_t columns = rank == 0 ? 1 : static_cast<size_t>(shape[rank - 1]);
  const size_t rows = rank == 0 ? 1 : Product(shape, rank - 1);
  switch (spec.kind) {
    case InitializerKind::kConstant:
      return FillConstant(spec.value, out, n, pool);
    case InitializerKind::kValues:
      return FillValues(spec.values.data(), out, n, pool);
    case InitializerKind::kIdentity:
      return FillIdentity(spec.gain, rows, columns, out, pool);
    case InitializerKind::kRandomUniform:
      return FillUniform(spec.minval, spec.maxval, seed, out, n, pool);
    case InitializerKind::kRandomNormal:
      return FillNormal(spec.mean, spec.stddev, seed, out, n, pool);
    case InitializerKind::kTruncatedNormal:
      return FillTruncatedNormal(spec.mean, spec.stddev, seed, out, n, pool);
    case InitializerKind::kVarianceScaling:
      return FillVarianceScaling(spec.scale, spec.mode, spec.distribution, shape, rank, seed, out, n, pool);
    case InitializerKind::kOrthogonal:
      return FillOrthogonal(spec.gain, rows, columns, seed, out, pool);
  }
}

}  // namespace ostinato
