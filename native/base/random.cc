// SPDX-License-Identifier: MIT
// Philox4x32-10 and what is drawn from it. Checked against the known answers of Random123 (test/reference).
#include "base/random.h"

namespace ostinato {

namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53u;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57u;
constexpr uint32_t kWeyl0 = 0x9E3779B9u;  // golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85u;  // sqrt(3) - 1
constexpr int kRounds = 10;

}  // namespace

void Philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * c0;
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * c2;
    c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(product1);
    c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(product0);
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

void CounterRng::Block(uint64_t block, uint32_t out[4]) const {
  const uint32_t counter[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                               static_cast<uint32_t>(stream_), static_cast<uint32_t>(stream_ >> 32)};
  const uint32_t key[2] = {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)};
  Philox4x32(counter, key, out);
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

uint64_t CounterRng::Bits64(uint64_t index) const {
  uint32_t words[4];
  Block(index / 2, words);
  const size_t first = 2 * static_cast<size_t>(index % 2);
  return static_cast<uint64_t>(words[first + 1]) << 32 | words[first];
}

double CounterRng::Uniform(uint64_t index) const {
  return static_cast<double>(Bits64(index) >> 11) * 0x1p-53;
}

double CounterRng::OpenUniform(uint64_t index) const {
  return (static_cast<double>(Bits64(index) >> 12) + 0.5) * 0x1p-52;
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

}  // namespace ostinato
