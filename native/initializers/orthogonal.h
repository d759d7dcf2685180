// SPDX-License-Identifier: MIT
// Random orthogonal matrices, uniform over all of them (Haar), for recurrent kernels.
#ifndef OSTINATO_INITIALIZERS_ORTHOGONAL_H_
#define OSTINATO_INITIALIZERS_ORTHOGONAL_H_

#include <stddef.h>
#include <stdint.h>

#include "threading/worker_pool.h"

namespace ostinato {

// Fills `out` [rows, columns] with gain * Q where Q has orthonormal columns (rows >= columns) or orthonormal
// rows. Q is that of the QR decomposition of a normal matrix [max, min] whose R has a positive diagonal,
// transposed where rows < columns, as Keras' Orthogonal. Allocates max*min doubles; may throw std::bad_alloc.
// Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning", 2014.
void FillOrthogonal(double gain, size_t rows, size_t columns, uint64_t seed, float* out, WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_ORTHOGONAL_H_
