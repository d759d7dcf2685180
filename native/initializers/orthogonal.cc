// SPDX-License-Identifier: MIT
// Gram-Schmidt in panels, in double. R's diagonal is positive by construction, so that no sign is left to
// fix. Each column of the normal matrix is one contiguous row here, and every finished panel is subtracted at
// once from all rows that follow, side by side on all threads: what becomes of a row does not depend on them.
#include "initializers/orthogonal.h"

#include <algorithm>
#include <cmath>

#include "base/arena.h"
#include "base/normal_quantile.h"
#include "initializers/draw.h"
#include "threading/touch_pages.h"

namespace ostinato {

namespace {

constexpr size_t kPanel = 16;
constexpr size_t kGroup = 4;                   // directions taken off a row at once
constexpr size_t kElements = size_t{1} << 15;  // of the rows of a task
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
void Orthonormalize(double* matrix, size_t count, size_t n, double* lengths, WorkerPool* pool) {
  const size_t each = std::max<size_t>(1, kElements / n);
  ForRanges(pool, count, each, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) lengths[i] = std::sqrt(Dot(matrix + i * n, matrix + i * n, n));
  });
  for (size_t begin = 0; begin < count; begin += kPanel) {
    const size_t end = std::min(begin + kPanel, count);
    for (size_t i = begin; i < end; ++i) {
      WorkerPool::YieldOrThrow();
      double* row = matrix + i * n;
      TakeOff(matrix + begin * n, i - begin, row, n);
      double length = std::sqrt(Dot(row, row, n));
      if (length < kKeptShare * lengths[i]) {
        TakeOff(matrix, i, row, n);
        length = std::sqrt(Dot(row, row, n));
      }
      for (size_t j = 0; j < n; ++j) row[j] /= length;
    }
    ForRanges(pool, count - end, each, [&](size_t from, size_t to) {
      for (size_t i = end + from; i < end + to; ++i)
        TakeOff(matrix + begin * n, end - begin, matrix + i * n, n);
    });
  }
}

}  // namespace

void FillOrthogonal(double gain, size_t rows, size_t columns, uint64_t seed, float* out, WorkerPool* pool) {
  const size_t length = std::max(rows, columns);
  const size_t count = std::min(rows, columns);
  Arena arena;
  Buffer<double> q(&arena), lengths(&arena);  // row k is column k of the matrix [length, count]
  q.Resize(count * length);
  TouchPages(pool, q);
  lengths.Resize(count);
  ForDraws(pool, seed, true, length * count,
           [&](size_t i, double p) { q[i % count * length + i / count] = NormalQuantile(p); });
  Orthonormalize(q.data(), count, length, lengths.data(), pool);
  ForRanges(pool, rows, std::max<size_t>(1, kElements / columns), [&](size_t from, size_t to) {
    for (size_t r = from; r < to; ++r) {
      for (size_t c = 0; c < columns; ++c) {
        const double value = rows >= columns ? q[c * length + r] : q[r * length + c];
        out[r * columns + c] = static_cast<float>(gain * value);
      }
    }
  });
}

}  // namespace ostinato
