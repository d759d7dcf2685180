// SPDX-License-Identifier: MIT
#include "losses/ctc_decode.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>
#include <unordered_map>
#include <vector>

namespace ostinato {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double LogAdd(double a, double b) {
  const double high = std::fmax(a, b);
  return high == kNever ? kNever : high + std::log1p(std::exp(std::fmin(a, b) - high));
}

// Logarithms of the probabilities of one timestep; false where it has none.
bool LogSoftmax(const float* x, size_t columns, double* out) {
  double largest = kNever, total = 0.0;
  for (size_t j = 0; j < columns; ++j) {
    if (!(x[j] < std::numeric_limits<float>::infinity())) return false;
    largest = std::fmax(largest, x[j]);
  }
  if (largest == kNever) return false;
  for (size_t j = 0; j < columns; ++j) total += std::exp(x[j] - largest);
  const double shift = largest + std::log(total);
  for (size_t j = 0; j < columns; ++j) out[j] = x[j] - shift;
  return true;
}

// Prefix beam search (Graves 2012, Hannun et al. 2014) over one sample. A path is a node of a tree of labels,
// made once for all ways to come to it; its probability is kept in two parts: of the ways that end in its
// last label, and of those that end in a blank, after which the same label may follow anew.
class BeamSearch {
 public:
  explicit BeamSearch(const CtcDecoding& decoding)
      : columns_(decoding.columns),
        blank_(decoding.blank),
        width_(decoding.beam_width),
        nodes_{{0, -1}},
        places_{0},
        beams_{{0, -1, kNever, 0.0, 0.0}},
        log_probabilities_(columns_) {}

  // false where the timestep has no probabilities.
  bool Step(const float* logits) {
    if (!LogSoftmax(logits, columns_, log_probabilities_.data())) return false;
    FindChildren();
    Extend();
    const auto is_better = [this](const Beam& a, const Beam& b) { return IsBetter(a, b); };
    if (candidates_.size() > width_) {
      std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<ptrdiff_t>(width_ - 1),
                       candidates_.end(), is_better);
      candidates_.resize(width_);
    }
    for (const Beam& beam : beams_) places_[beam.node] = -1;
    beams_.swap(candidates_);
    for (size_t i = 0; i < beams_.size(); ++i) {
      Beam& beam = beams_[i];
      if (beam.label >= 0) beam.node = Child(beam.node, beam.label);
      beam.label = -1;
      places_[beam.node] = static_cast<int32_t>(i);
    }
    return true;
  }

  // Writes the best paths, `stride` elements apart; those that there are not have no labels and no chance.
  void Write(size_t count, size_t steps, int32_t* paths, size_t stride, float* scores) {
    std::sort(beams_.begin(), beams_.end(), [this](const Beam& a, const Beam& b) { return IsBetter(a, b); });
    for (size_t i = 0; i < count; ++i) {
      std::fill_n(paths + i * stride, steps, -1);
      scores[i] = static_cast<float>(i < beams_.size() ? beams_[i].total : kNever);
      if (i >= beams_.size()) continue;
      const std::vector<int32_t> labels = Labels(beams_[i]);
      std::copy(labels.begin(), labels.end(), paths + i * stride);
    }
  }

 private:
  struct Node {
    uint32_t parent;
    int32_t label;
  };

  // The path of a node, or where `label` is one, of the child that it would have.
  struct Beam {
    uint32_t node;
    int32_t label;
    double emit, blank, total;
  };

  std::vector<int32_t> Labels(const Beam& beam) const {
    std::vector<int32_t> labels;
    if (beam.label >= 0) labels.push_back(beam.label);
    for (uint32_t node = beam.node; node != 0; node = nodes_[node].parent)
      labels.push_back(nodes_[node].label);
    std::reverse(labels.begin(), labels.end());
    return labels;
  }

  // Of equally likely paths that with the lower label where they differ first, or the longer one: Keras'
  // order.
  bool IsBetter(const Beam& a, const Beam& b) const {
    if (a.total != b.total) return a.total > b.total;
    const std::vector<int32_t> labels_a = Labels(a), labels_b = Labels(b);
    const size_t both = std::min(labels_a.size(), labels_b.size());
    for (size_t i = 0; i < both; ++i)
      if (labels_a[i] != labels_b[i]) return labels_a[i] < labels_b[i];
    return labels_a.size() > labels_b.size();
  }

  // Which paths that are kept are another's with a label more.
  void FindChildren() {
    children_.assign(beams_.size() * columns_, -1);
    for (size_t i = 0; i < beams_.size(); ++i) {
      const Node& node = nodes_[beams_[i].node];
      if (node.label < 0 || places_[node.parent] < 0) continue;
      children_[static_cast<size_t>(places_[node.parent]) * columns_ + static_cast<size_t>(node.label)] =
          static_cast<int32_t>(i);
    }
  }

  // Every path with a blank, with its last label again, and with each other label.
  void Extend() {
    candidates_.clear();
    for (const Beam& beam : beams_) {
      const int32_t last = nodes_[beam.node].label;
      const double again = last < 0 ? kNever : beam.emit + log_probabilities_[static_cast<size_t>(last)];
      candidates_.push_back({beam.node, -1, again, beam.total + log_probabilities_[blank_], 0.0});
    }
    for (size_t i = 0; i < beams_.size(); ++i) {
      const Beam beam = beams_[i];
      const int32_t last = nodes_[beam.node].label;
      for (size_t j = 0; j < columns_; ++j) {
        if (j == blank_) continue;
        const int32_t label = static_cast<int32_t>(j);
        const double emit = (label == last ? beam.blank : beam.total) + log_probabilities_[j];
        const int32_t child = children_[i * columns_ + j];
        if (child >= 0) {
          Beam& other = candidates_[static_cast<size_t>(child)];
          other.emit = LogAdd(other.emit, emit);
        } else if (emit > kNever) {
          candidates_.push_back({beam.node, label, emit, kNever, 0.0});
        }
      }
    }
    for (Beam& beam : candidates_) beam.total = LogAdd(beam.emit, beam.blank);
  }

  uint32_t Child(uint32_t parent, int32_t label) {
    const uint64_t key = (static_cast<uint64_t>(parent) << 32) | static_cast<uint32_t>(label);
    const auto [found, is_new] = by_label_.try_emplace(key, static_cast<uint32_t>(nodes_.size()));
    if (is_new) {
      nodes_.push_back({parent, label});
      places_.push_back(-1);
    }
    return found->second;
  }

  size_t columns_, blank_, width_;
  std::vector<Node> nodes_;  // the first has no label: the path of blanks
  std::unordered_map<uint64_t, uint32_t> by_label_;
  std::vector<int32_t> places_;  // of each node among the beams, or -1
  std::vector<Beam> beams_, candidates_;
  std::vector<int32_t> children_;  // [beams, columns] beams that are others with a label more, or -1
  std::vector<double> log_probabilities_;
};

// These are false where a timestep has no probabilities, and leave a row undone where the job is to stop.
bool DecodeGreedily(const CtcDecoding& d, size_t row) {
  int32_t* path = d.paths + row * d.steps;
  std::vector<double> log_probabilities(d.columns);
  std::vector<int32_t> labels;
  size_t last = d.blank;
  double score = 0.0;
  for (size_t t = 0; t < static_cast<size_t>(d.lengths[row]); ++t) {
    if (!WorkerPool::Yield()) return true;
    const float* x = d.logits + (row * d.steps + t) * d.columns;
    if (!LogSoftmax(x, d.columns, log_probabilities.data())) return false;
    const size_t best = static_cast<size_t>(std::max_element(x, x + d.columns) - x);
    score -= x[best];
    if (best != d.blank && !(d.merge_repeated && best == last)) labels.push_back(static_cast<int32_t>(best));
    last = best;
  }
  std::fill_n(std::copy(labels.begin(), labels.end(), path), d.steps - labels.size(), -1);
  d.scores[row] = static_cast<float>(score);
  return true;
}

bool DecodeByBeams(const CtcDecoding& d, size_t row) {
  BeamSearch search(d);
  for (size_t t = 0; t < static_cast<size_t>(d.lengths[row]); ++t) {
    if (!WorkerPool::Yield()) return true;
    if (!search.Step(d.logits + (row * d.steps + t) * d.columns)) return false;
  }
  search.Write(d.top_paths, d.steps, d.paths + row * d.steps, d.rows * d.steps, d.scores + row * d.top_paths);
  return true;
}

}  // namespace

size_t DecodeCtc(const CtcDecoding& decoding, WorkerPool& pool) {
  std::vector<char> refused(decoding.rows);
  std::atomic<bool> lacks_memory{false};
  pool.For(decoding.rows, [&](size_t row) {
    // Nothing may leave a task but through what it writes.
    try {
      refused[row] =
          !(decoding.beam_width == 0 ? DecodeGreedily(decoding, row) : DecodeByBeams(decoding, row));
    } catch (const std::bad_alloc&) {
      lacks_memory = true;
    }
  });
  if (lacks_memory) throw std::bad_alloc();
  return static_cast<size_t>(std::find(refused.begin(), refused.end(), 1) - refused.begin());
}

}  // namespace ostinato
