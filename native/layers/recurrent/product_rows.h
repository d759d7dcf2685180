// SPDX-License-Identifier: MIT
// Rows of a product per task: small enough to balance, large enough that a panel of the weights is read for
// many rows. A few rows (one sequence of a server) are dealt evenly, or one thread would have them all.
#ifndef OSTINATO_LAYERS_RECURRENT_PRODUCT_ROWS_H_
#define OSTINATO_LAYERS_RECURRENT_PRODUCT_ROWS_H_

#include <cstddef>

namespace ostinato {

inline size_t ProductRows(size_t rows) {
  constexpr size_t kMany = 128, kFewRows = 512, kFew = 32;
  if (rows > kFewRows || rows == 0) return kMany;
  const size_t tasks = (rows + kFew - 1) / kFew;
  return (rows + tasks - 1) / tasks;
}

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_PRODUCT_ROWS_H_
