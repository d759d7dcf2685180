// SPDX-License-Identifier: MIT
// What is drawn from the generator.
#include "base/random.h"

#include "base/philox.h"

namespace ostinato {

void CounterRng::Block(uint64_t block, uint32_t out[4]) const {
  const PhiloxBlock drawn = Philox(seed_, block, stream_);
  for (int i = 0; i < 4; ++i) out[i] = drawn.word[i];
}

uint32_t CounterRng::At(uint64_t index) const {
  uint32_t words[4];
  Block(index / 4, words);
  return words[index % 4];
}

void CounterRng::Fill(uint64_t begin, uint32_t* out, size_t n) const {
  uint32_t words[4];
  for (size_t i = 0; i < n; ++i) {
    const uint64_t index = begin + i;
    if (i == 0 || index % 4 == 0) Block(index / 4, words);
    out[i] = words[index % 4];
  }
}

namespace {

// Number `index` of the doubles that words are made into: 2 to a block.
uint64_t BitsOf(const uint32_t words[4], uint64_t index) {
  const size_t first = 2 * static_cast<size_t>(index % 2);
  return static_cast<uint64_t>(words[first + 1]) << 32 | words[first];
}

double Closed(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }
double Open(uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

}  // namespace

uint64_t CounterRng::Bits64(uint64_t index) const {
  uint32_t words[4];
  Block(index / 2, words);
  return BitsOf(words, index);
}

double CounterRng::Uniform(uint64_t index) const { return Closed(Bits64(index)); }

double CounterRng::OpenUniform(uint64_t index) const { return Open(Bits64(index)); }

template <class Double>
void CounterRng::FillWith(uint64_t begin, double* out, size_t n, Double of_bits) const {
  uint32_t words[4];
  for (size_t i = 0; i < n; ++i) {
    const uint64_t index = begin + i;
    if (i == 0 || index % 2 == 0) Block(index / 2, words);
    out[i] = of_bits(BitsOf(words, index));
  }
}

void CounterRng::FillUniform(uint64_t begin, double* out, size_t n) const { FillWith(begin, out, n, Closed); }

void CounterRng::FillOpenUniform(uint64_t begin, double* out, size_t n) const {
  FillWith(begin, out, n, Open);
}

uint32_t SequentialRng::Next() {
  if (next_ % 4 == 0) rng_.Block(next_ / 4, words_);
  return words_[next_++ % 4];
}

uint32_t SequentialRng::Below(uint32_t bound) {
  uint64_t product = static_cast<uint64_t>(Next()) * bound;
  if (static_cast<uint32_t>(product) < bound) {
    const uint32_t rejected = (0u - bound) % bound;  // 2^32 mod bound
    while (static_cast<uint32_t>(product) < rejected) product = static_cast<uint64_t>(Next()) * bound;
  }
  return static_cast<uint32_t>(product >> 32);
}

void Permutation(uint64_t seed, uint64_t stream, int32_t* out, size_t n) {
  SequentialRng rng(seed, stream);
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<int32_t>(i);
  for (size_t left = n; left > 1; --left) {
    const size_t chosen = rng.Below(static_cast<uint32_t>(left));
    const int32_t swapped = out[left - 1];
    out[left - 1] = out[chosen];
    out[chosen] = swapped;
  }
}

uint64_t SeedOfUse(uint64_t seed, uint64_t use) {
  if (use == 0) return seed;
  const CounterRng rng(seed, ~use);
  return static_cast<uint64_t>(rng.At(0)) << 32 | rng.At(1);
}

}  // namespace ostinato
