// SPDX-License-Identifier: MIT
// Gram-Schmidt in panels, in double. R's diagonal is positive by construction, so that no sign is left to
// fix. Each column of the normal matrix is one contiguous row here, and every finished panel is subtracted at
// once from all rows that follow, while it lies in the cache.
#include "initializers/orthogonal.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "initializers/normal.h"

namespace ostinato {

namespace {

constexpr size_t kPanel = 16;
constexpr size_t kGroup = 4;  // directions taken off a row at once
constexpr size_t kLanes = 4;  // partial sums of a dot product, added pairwise: a fixed order that vectorizes

// A row that has lost this share of its length is orthogonalized once more against all before it: rounding
// errors grow by the inverse of what is left ("twice is enough", Giraud, Langou, Rozloznik 2005).
constexpr double kKeptShare = 0.5;

double Dot(const double* a, const double* b, size_t n) {
  double lanes[kLanes] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < n; ++i) lanes[i % kLanes] += a[i] * b[i];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

// row -= <row, q> q for kGroup orthonormal directions q, the rows of `directions` [kGroup, n].
void TakeOffGroup(const double* directions, double* row, size_t n) {
  const double* q0 = directions;
  const double* q1 = q0 + n;
  const double* q2 = q1 + n;
  const double* q3 = q2 + n;
  double s0[kLanes] = {0, 0, 0, 0}, s1[kLanes] = {0, 0, 0, 0};
  double s2[kLanes] = {0, 0, 0, 0}, s3[kLanes] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) s0[lane] += q0[i + lane] * row[i + lane];
    for (size_t lane = 0; lane < kLanes; ++lane) s1[lane] += q1[i + lane] * row[i + lane];
    for (size_t lane = 0; lane < kLanes; ++lane) s2[lane] += q2[i + lane] * row[i + lane];
    for (size_t lane = 0; lane < kLanes; ++lane) s3[lane] += q3[i + lane] * row[i + lane];
  }
  for (; i < n; ++i) {
    s0[0] += q0[i] * row[i];
    s1[0] += q1[i] * row[i];
    s2[0] += q2[i] * row[i];
    s3[0] += q3[i] * row[i];
  }
  const double c0 = (s0[0] + s0[1]) + (s0[2] + s0[3]);
  const double c1 = (s1[0] + s1[1]) + (s1[2] + s1[3]);
  const double c2 = (s2[0] + s2[1]) + (s2[2] + s2[3]);
  const double c3 = (s3[0] + s3[1]) + (s3[2] + s3[3]);
  for (size_t j = 0; j < n; ++j) row[j] -= (c0 * q0[j] + c1 * q1[j]) + (c2 * q2[j] + c3 * q3[j]);
}

// row -= its projection onto the `count` orthonormal rows of `directions` [count, n].
void TakeOff(const double* directions, size_t count, double* row, size_t n) {
  size_t k = 0;
  for (; k + kGroup <= count; k += kGroup) TakeOffGroup(directions + k * n, row, n);
  for (; k < count; ++k) {
    const double* q = directions + k * n;
    const double c = Dot(q, row, n);
    for (size_t j = 0; j < n; ++j) row[j] -= c * q[j];
  }
}

// Makes the rows of `matrix` [count, n], count <= n, orthonormal. A row of normal draws does not lie in the
// span of those before it (probability zero), so that no length is zero.
void Orthonormalize(double* matrix, size_t count, size_t n) {
  std::vector<double> lengths(count);
  for (size_t i = 0; i < count; ++i) lengths[i] = std::sqrt(Dot(matrix + i * n, matrix + i * n, n));
  for (size_t begin = 0; begin < count; begin += kPanel) {
    const size_t end = std::min(begin + kPanel, count);
    for (size_t i = begin; i < end; ++i) {
      double* row = matrix + i * n;
      TakeOff(matrix + begin * n, i - begin, row, n);
      double length = std::sqrt(Dot(row, row, n));
      if (length < kKeptShare * lengths[i]) {
        TakeOff(matrix, i, row, n);
        length = std::sqrt(Dot(row, row, n));
      }
      for (size_t j = 0; j < n; ++j) row[j] /= length;
    }
    for (size_t i = end; i < count; ++i) TakeOff(matrix + begin * n, end - begin, matrix + i * n, n);
  }
}

}  // namespace

void FillOrthogonal(double gain, size_t rows, size_t columns, uint64_t seed, float* out) {
  const size_t length = std::max(rows, columns);
  const size_t count = std::min(rows, columns);
  std::vector<double> q(count * length);  // row k is column k of the matrix [length, count]
  for (size_t i = 0; i < length; ++i) {
    for (size_t k = 0; k < count; ++k) q[k * length + i] = StandardNormal(seed, i * count + k);
  }
  Orthonormalize(q.data(), count, length);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      const double value = rows >= columns ? q[c * length + r] : q[r * length + c];
      out[r * columns + c] = static_cast<float>(gain * value);
    }
  }
}

}  // namespace ostinato
