// SPDX-License-Identifier: MIT
// Counter-based random numbers: element i of a stream depends on (seed, stream, i) alone, so that any thread
// may draw any part of it and the bits stay the same. The generator is Philox4x32-10 (base/philox.h).
#ifndef OSTINATO_BASE_RANDOM_H_
#define OSTINATO_BASE_RANDOM_H_

#include <stddef.h>
#include <stdint.h>

namespace ostinato {

// An endless array of random words, read at any index. Immutable: may be shared by threads.
// The key is `seed`; the counter is (block, `stream`), block = index / 4.
class CounterRng {
 public:
  CounterRng(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}

  // Word `index` of the stream, uniform over all 2^32 values.
  uint32_t At(uint64_t index) const;

  // Words [begin, begin + n) of the stream: At() for each, at a quarter of the cost.
  void Fill(uint64_t begin, uint32_t* out, size_t n) const;

  // Double `index` of the stream, a multiple of 2^-53 in [0, 1). Made of words 2*index and 2*index + 1.
  double Uniform(uint64_t index) const;

  // As Uniform(), but in the middle of its interval: in the open (0, 1) and symmetric about 1/2. For inverse
  // CDFs. A multiple of 2^-53 (52 random bits): with 53, the value nearest to 1 would round to 1.
  double OpenUniform(uint64_t index) const;

  // Doubles [begin, begin + n) of the stream: Uniform(), or OpenUniform(), for each at half the cost.
  void FillUniform(uint64_t begin, double* out, size_t n) const;
  void FillOpenUniform(uint64_t begin, double* out, size_t n) const;

  // The four words of block `block` (words 4*block to 4*block + 3).
  void Block(uint64_t block, uint32_t out[4]) const;

 private:
  uint64_t Bits64(uint64_t index) const;
  template <class Double>
  void FillWith(uint64_t begin, double* out, size_t n, Double of_bits) const;

  uint64_t seed_;
  uint64_t stream_;
};

// Reads a stream from its first word on. For draws whose number is not known beforehand.
class SequentialRng {
 public:
  SequentialRng(uint64_t seed, uint64_t stream) : rng_(seed, stream) {}

  uint32_t Next();

  // Unbiased integer in [0, bound), bound > 0. Lemire, "Fast random integer generation in an interval", 2019.
  uint32_t Below(uint32_t bound);

 private:
  CounterRng rng_;
  uint64_t next_ = 0;  // index of the next word
  uint32_t words_[4] = {0, 0, 0, 0};
};

// The seed of a layer's use number `use` in a model: the layer's own for the first, others for others.
uint64_t SeedOfUse(uint64_t seed, uint64_t use);

// Writes a permutation of 0..n-1 to `out`, all n! equally likely (Fisher-Yates). n < 2^31.
void Permutation(uint64_t seed, uint64_t stream, int32_t* out, size_t n);

}  // namespace ostinato

#endif  // OSTINATO_BASE_RANDOM_H_
