// SPDX-License-Identifier: MIT
// Kernels by ISA name: the first argument of every function says which table; matrices are typed arrays with
// the strides of the caller, so that tests can poison padding and place arrays against guard pages.
#include <napi.h>

#if defined(_WIN32)
#include "base/system_windows.h"
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "dispatch/dispatch.h"
#include "layers/pack.h"
#include "napi/arguments.h"
#include "napi/errors.h"
#include "testing/register.h"
#include "threading/available_cores.h"
#include "threading/float_state.h"

namespace ostinato {
namespace {

const KernelTable& TableOf(const Napi::Value& value) {
  if (!value.IsString()) Malformed("isa");
  const KernelTable* table = FindKernels(value.As<Napi::String>());
  if (!table) Malformed("isa");
  return *table;
}

float* Floats(const Napi::Value& value, const char* what) {
  return value.IsNull() ? nullptr : ToFloats(value, what).Data();
}
int32_t* Ints(const Napi::Value& value, const char* what) {
  return value.IsNull() ? nullptr : ToInts(value, what).Data();
}

Napi::Value JsIsas(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const KernelTable* table : AvailableKernels()) names.Set(names.Length(), table->isa);
  return names;
}

// pack(isa, b, ldb, k, n, transposed, out, gates = 0)
void JsPack(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const size_t gates = info[7].IsUndefined() ? 0 : ToSize(info[7], "gates");
    const PackArgs args[] = {{Floats(info[1], "b"), ToSize(info[2], "ldb"), ToSize(info[3], "k"),
                              ToSize(info[4], "n"), info[5].As<Napi::Boolean>(), Floats(info[6], "out"),
                              gates}};
    Pack(TableOf(info[0]), nullptr, args);
  });
}

// gemm(isa, { a, index, lda, packed, k, n, bias, accumulate, c, ldc, begin, end })
void JsGemm(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).gemm({Floats(GetValue(o, "a"), "a"), Ints(GetValue(o, "index"), "index"),
                           GetSize(o, "lda"), Floats(GetValue(o, "packed"), "packed"), GetSize(o, "k"),
                           GetSize(o, "n"), Floats(GetValue(o, "bias"), "bias"), GetBool(o, "accumulate"),
                           Floats(GetValue(o, "c"), "c"), GetSize(o, "ldc"), GetSize(o, "begin"),
                           GetSize(o, "end")});
  });
}

// outer(isa, { a, index, lda, k, b, ldb, n, rows, begin, end, ahead, accumulate, c, ldc })
void JsOuter(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).outer({Floats(GetValue(o, "a"), "a"), Ints(GetValue(o, "index"), "index"),
                            GetSize(o, "lda"), GetSize(o, "k"), Floats(GetValue(o, "b"), "b"),
                            GetSize(o, "ldb"), GetSize(o, "n"), Ints(GetValue(o, "rows"), "rows"),
                            GetSize(o, "begin"), GetSize(o, "end"), GetSize(o, "ahead"),
                            GetBool(o, "accumulate"), Floats(GetValue(o, "c"), "c"), GetSize(o, "ldc")});
  });
}

// columnSum(isa, { b, ldb, n, rows, begin, end, accumulate, out })
void JsColumnSum(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).column_sum({Floats(GetValue(o, "b"), "b"), GetSize(o, "ldb"), GetSize(o, "n"),
                                 Ints(GetValue(o, "rows"), "rows"), GetSize(o, "begin"), GetSize(o, "end"),
                                 GetBool(o, "accumulate"), Floats(GetValue(o, "out"), "out")});
  });
}

// groupSum(isa, { b, ldb, n, rows, slot, starts, begin, end, out, ldo, begun })
void JsGroupSum(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).group_sum({Floats(GetValue(o, "b"), "b"), GetSize(o, "ldb"), GetSize(o, "n"),
                                Ints(GetValue(o, "rows"), "rows"), Ints(GetValue(o, "slot"), "slot"),
                                Ints(GetValue(o, "starts"), "starts"), GetSize(o, "begin"), GetSize(o, "end"),
                                Floats(GetValue(o, "out"), "out"), GetSize(o, "ldo"),
                                Floats(GetValue(o, "begun"), "begun")});
  });
}

float* OptionalFloats(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsUndefined() ? nullptr : Floats(value, key);
}

// walkForward / walkBackward(isa, WalkArguments): the fields of WalkArgs; enums by number. What only some
// cells have may be left out; `stride` stands for all strides.
template <bool kForward>
void JsWalk(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    const auto size_or = [&](const char* key, size_t otherwise) {
      const Napi::Value value = o.Get(key);
      return value.IsUndefined() ? otherwise : ToSize(value, key);
    };
    WalkArgs args = {};
    args.cell = static_cast<CellKind>(size_or("cell", 0));
    args.reverse = size_or("reverse", 0) != 0;
    args.reset_before = size_or("resetBefore", 0) != 0;
    args.t_begin = GetSize(o, "tBegin");
    args.t_end = GetSize(o, "tEnd");
    args.steps = GetSize(o, "steps");
    args.active = Ints(GetValue(o, "active"), "active");
    args.offsets = Ints(GetValue(o, "offsets"), "offsets");
    const Napi::Int32Array blocks = ToInts(GetValue(o, "blocks"), "blocks");
    args.blocks = blocks.Data();
    args.block_count = blocks.ElementLength();
    args.block_rows = GetSize(o, "blockRows");
    args.units = GetSize(o, "units");
    args.padded = args.unit_end = PaddedColumns(args.units);
    args.activation = static_cast<Activation>(GetSize(o, "activation"));
    args.recurrent_activation =
        static_cast<Activation>(size_or("recurrentActivation", static_cast<size_t>(Activation::kSigmoid)));
    args.packed = Floats(GetValue(o, "packed"), "packed");
    args.packed_candidate = OptionalFloats(o, "packedCandidate");
    args.recurrent_bias = OptionalFloats(o, "recurrentBias");
    args.state_stride = GetSize(o, "stride");
    args.input_stride = size_or("inputStride", args.state_stride);
    args.gate_stride = size_or("gateStride", args.state_stride);
    args.delta_stride = size_or("deltaStride", args.state_stride);
    args.masked_stride = size_or("maskedStride", args.state_stride);
    args.states = Floats(GetValue(o, "states"), "states");
    args.cells = OptionalFloats(o, "cells");
    args.gates = OptionalFloats(o, "gates");
    args.reset_states = OptionalFloats(o, "resetStates");
    args.masks = OptionalFloats(o, "masks");
    args.masked = OptionalFloats(o, "masked");
    args.inputs = Floats(GetValue(o, "inputs"), "inputs");
    args.input_index = Ints(GetValue(o, "inputIndex"), "inputIndex");
    args.doutputs = Floats(GetValue(o, "doutputs"), "doutputs");
    args.dlast = Floats(GetValue(o, "dlast"), "dlast");
    args.dcells = OptionalFloats(o, "dcells");
    args.carry = OptionalFloats(o, "carry");
    args.deltas = Floats(GetValue(o, "deltas"), "deltas");
    const KernelTable& table = TableOf(info[0]);
    if (kForward) {
      table.walk_forward(args);
    } else {
      table.walk_backward(args);
    }
  });
}

// activate(isa, activation, x, y, out, rows, columns, stride, pre); with y null forward, else dx from dy = x
// (and pre, the x of forward, or undefined)
void JsActivate(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const ActivationArgs args = {static_cast<Activation>(ToSize(info[1], "activation")),
                                 Floats(info[2], "x"),
                                 Floats(info[3], "y"),
                                 info[8].IsUndefined() ? nullptr : Floats(info[8], "pre"),
                                 Floats(info[4], "out"),
                                 ToSize(info[5], "rows"),
                                 ToSize(info[6], "columns"),
                                 ToSize(info[7], "stride")};
    const KernelTable& table = TableOf(info[0]);
    if (args.y) {
      table.activation_gradient(args);
    } else {
      table.activate(args);
    }
  });
}

// dropout(isa, x, out, rows, columns, stride, rate, key, stream, first)
void JsDropout(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    TableOf(info[0]).dropout({Floats(info[1], "x"), Floats(info[2], "out"), ToSize(info[3], "rows"),
                              ToSize(info[4], "columns"), ToSize(info[5], "stride"),
                              info[6].As<Napi::Number>().FloatValue(), ToSize(info[7], "key"),
                              ToSize(info[8], "stream"), ToSize(info[9], "first")});
  });
}

// attentionWeights(isa, { rows, columns, stride, scale, queries, queryStride, keys, keyStride, causal,
// noKeys, weights, gradient }); with a gradient backward
void JsAttentionWeights(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    const Napi::Value queries = GetValue(o, "queries");
    const AttentionWeightsArgs args = {GetSize(o, "rows"),
                                       GetSize(o, "columns"),
                                       GetSize(o, "stride"),
                                       GetFloat(o, "scale"),
                                       queries.IsNull() ? nullptr : queries.As<Napi::Uint8Array>().Data(),
                                       GetSize(o, "queryStride"),
                                       Floats(GetValue(o, "keys"), "keys"),
                                       GetSize(o, "keyStride"),
                                       GetBool(o, "causal"),
                                       static_cast<NoKeys>(GetSize(o, "noKeys")),
                                       Floats(GetValue(o, "weights"), "weights"),
                                       Floats(GetValue(o, "gradient"), "gradient")};
    const KernelTable& table = TableOf(info[0]);
    if (args.gradient) {
      table.attention_weights_gradient(args);
    } else {
      table.attention_weights(args);
    }
  });
}

// additiveScores(isa, { query, queryStride, rows, key, keyStride, columns, features, scale, weights, scores,
// stride, dquery, dqueryStride, accumulate, dkey, dkeyStride, dweights, dscale }); with dquery backward
void JsAdditiveScores(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    const AdditiveScoresArgs args = {Floats(GetValue(o, "query"), "query"),
                                     GetSize(o, "queryStride"),
                                     GetSize(o, "rows"),
                                     Floats(GetValue(o, "key"), "key"),
                                     GetSize(o, "keyStride"),
                                     GetSize(o, "columns"),
                                     GetSize(o, "features"),
                                     GetFloat(o, "scale"),
                                     Floats(GetValue(o, "weights"), "weights"),
                                     Floats(GetValue(o, "scores"), "scores"),
                                     GetSize(o, "stride"),
                                     Floats(GetValue(o, "dquery"), "dquery"),
                                     GetSize(o, "dqueryStride"),
                                     GetBool(o, "accumulate"),
                                     Floats(GetValue(o, "dkey"), "dkey"),
                                     GetSize(o, "dkeyStride"),
                                     Floats(GetValue(o, "dweights"), "dweights"),
                                     Floats(GetValue(o, "dscale"), "dscale")};
    const KernelTable& table = TableOf(info[0]);
    if (args.dquery) {
      table.additive_scores_gradient(args);
    } else {
      table.additive_scores(args);
    }
  });
}

// { kind, weight, slots: [..3], gradient, gradientStride, slot, begin, end, columns, l1, l2, penaltyGradient,
// gradientScale, clipScale, clipValue, decay, rate, momentum, rho, beta1, beta2, epsilon, momentumFactor,
// gradientFactor, velocityFactor, nesterov, centered, amsgrad }
UpdateArgs ToUpdateArgs(const Napi::Value& value) {
  const Napi::Object o = ToObject(value, "arguments");
  UpdateArgs args = {};
  args.kind = static_cast<OptimizerKind>(GetSize(o, "kind"));
  args.weight = Floats(GetValue(o, "weight"), "weight");
  const Napi::Array slots = GetArray(o, "slots");
  for (uint32_t i = 0; i < 3; ++i) args.slots[i] = Floats(slots.Get(i), "slots");
  args.gradient = Floats(GetValue(o, "gradient"), "gradient");
  args.gradient_stride = GetSize(o, "gradientStride");
  args.slot = Ints(GetValue(o, "slot"), "slot");
  args.begin = GetSize(o, "begin");
  args.end = GetSize(o, "end");
  args.columns = GetSize(o, "columns");
  args.l1 = GetFloat(o, "l1");
  args.l2 = GetFloat(o, "l2");
  args.penalty_gradient = Floats(GetValue(o, "penaltyGradient"), "penaltyGradient");
  args.gradient_scale = GetFloat(o, "gradientScale");
  args.clip_scale = GetFloat(o, "clipScale");
  args.clip_value = GetFloat(o, "clipValue");
  args.decay = GetFloat(o, "decay");
  args.rate = GetFloat(o, "rate");
  args.momentum = GetFloat(o, "momentum");
  args.rho = GetFloat(o, "rho");
  args.beta1 = GetFloat(o, "beta1");
  args.beta2 = GetFloat(o, "beta2");
  args.epsilon = GetFloat(o, "epsilon");
  args.momentum_factor = GetFloat(o, "momentumFactor");
  args.gradient_factor = GetFloat(o, "gradientFactor");
  args.velocity_factor = GetFloat(o, "velocityFactor");
  args.nesterov = GetBool(o, "nesterov");
  args.centered = GetBool(o, "centered");
  args.amsgrad = GetBool(o, "amsgrad");
  return args;
}

// update(isa, arguments), gradientSquares(isa, arguments), accumulate(isa, arguments, sums)
void JsUpdate(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { TableOf(info[0]).update(ToUpdateArgs(info[1])); });
}

Napi::Value JsGradientSquares(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), TableOf(info[0]).gradient_squares(ToUpdateArgs(info[1])));
  });
}

void JsAccumulate(const Napi::CallbackInfo& info) {
  Guarded(info.Env(),
          [&] { TableOf(info[0]).accumulate(ToUpdateArgs(info[1]), ToFloats(info[2], "sums").Data()); });
}

// averageWeights(isa, weight, average, momentum)
void JsAverageWeights(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Float32Array weight = ToFloats(info[1], "weight");
    TableOf(info[0]).average_weights(weight.Data(), ToFloats(info[2], "average").Data(),
                                     weight.ElementLength(), info[3].As<Napi::Number>().FloatValue());
  });
}

// penalty(isa, weight, l1, l2), add(isa, out, x)
Napi::Value JsPenalty(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Float32Array weight = ToFloats(info[1], "weight");
    return Napi::Number::New(info.Env(), TableOf(info[0]).penalty(weight.Data(), weight.ElementLength(),
                                                                  info[2].As<Napi::Number>().FloatValue(),
                                                                  info[3].As<Napi::Number>().FloatValue()));
  });
}

// unitVectors(isa, { weight, rows, columns, byRows, begin, end, units, stride, scales })
void JsUnitVectors(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).unit_vectors({Floats(GetValue(o, "weight"), "weight"), GetSize(o, "rows"),
                                   GetSize(o, "columns"), GetBool(o, "byRows"), GetSize(o, "begin"),
                                   GetSize(o, "end"), Floats(GetValue(o, "units"), "units"),
                                   GetSize(o, "stride"), Floats(GetValue(o, "scales"), "scales")});
  });
}

// orthogonal(isa, { units, stride, scales, count, length, begin, end, byRows, factor, work, gradient })
Napi::Value JsOrthogonal(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object o = ToObject(info[1], "arguments");
    const double sum = TableOf(info[0]).orthogonal(
        {Floats(GetValue(o, "units"), "units"), GetSize(o, "stride"), Floats(GetValue(o, "scales"), "scales"),
         GetSize(o, "count"), GetSize(o, "length"), GetSize(o, "begin"), GetSize(o, "end"),
         GetBool(o, "byRows"), GetFloat(o, "factor"), Floats(GetValue(o, "work"), "work"),
         Floats(GetValue(o, "gradient"), "gradient")});
    return Napi::Number::New(info.Env(), sum);
  });
}

// constrain(isa, { kind, minValue, maxValue, rate, weight, length, inner, begin, end })
void JsConstrain(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object o = ToObject(info[1], "arguments");
    TableOf(info[0]).constrain({static_cast<ConstraintKind>(GetSize(o, "kind")), GetFloat(o, "minValue"),
                                GetFloat(o, "maxValue"), GetFloat(o, "rate"),
                                Floats(GetValue(o, "weight"), "weight"), GetSize(o, "length"),
                                GetSize(o, "inner"), GetSize(o, "begin"), GetSize(o, "end")});
  });
}

void JsAdd(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Napi::Float32Array out = ToFloats(info[1], "out");
    TableOf(info[0]).add(out.Data(), ToFloats(info[2], "x").Data(), out.ElementLength());
  });
}

// peak(isa, threads, seconds): multiply-add FLOP per second of that many threads at once, best of the rounds
// in the time
Napi::Value JsPeak(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const KernelTable& table = TableOf(info[0]);
    const size_t threads = ToSize(info[1], "threads");
    const double seconds = info[2].As<Napi::Number>().DoubleValue();
    std::vector<double> best(threads, 0.0);
    std::vector<std::thread> workers;
    for (size_t i = 0; i < threads; ++i)
      workers.emplace_back([&, i] {
        using Clock = std::chrono::steady_clock;
        alignas(64) float sink[16] = {0.9999f, 0.0001f};
        const auto stop = Clock::now() + std::chrono::duration<double>(seconds);
        while (Clock::now() < stop) {
          const auto begin = Clock::now();
          sink[0] = 0.9999f;
          sink[1] = 0.0001f;
          const double flop = table.peak(200000, sink);
          const double rate = flop / std::chrono::duration<double>(Clock::now() - begin).count();
          if (rate > best[i]) best[i] = rate;
        }
      });
    for (std::thread& worker : workers) worker.join();
    double sum = 0.0;
    for (const double rate : best) sum += rate;
    return Napi::Number::New(info.Env(), sum);
  });
}

// timeForward(isa, { units, steps, features, rounds }): seconds of one sequence [T,C] through a SimpleRNN of
// H units, the projection of its inputs included, on one thread as the compute threads run it; best of
// `rounds`. For bench/.
Napi::Value JsTimeForward(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const KernelTable& table = TableOf(info[0]);
    const Napi::Object o = ToObject(info[1], "arguments");
    const size_t units = GetSize(o, "units"), steps = GetSize(o, "steps"), features = GetSize(o, "features");
    const size_t rounds = GetSize(o, "rounds"), stride = PaddedStride(units);
    std::vector<float> x(steps * features), kernel(features * units), recurrent(units * units), bias(stride);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 17) / 17.0f - 0.5f;
    for (size_t i = 0; i < kernel.size(); ++i) kernel[i] = static_cast<float>(i % 13) / 52.0f - 0.1f;
    for (size_t i = 0; i < recurrent.size(); ++i) recurrent[i] = static_cast<float>(i % 11) / 44.0f - 0.1f;
    std::vector<float> packed_kernel(features * PaddedColumns(units)), packed(units * PaddedColumns(units));
    std::vector<float> projected(steps * stride), states((steps + 1) * stride);
    std::vector<int32_t> active(steps, 1), offsets(steps + 1), block(1, 0);
    for (size_t t = 0; t <= steps; ++t) offsets[t] = static_cast<int32_t>(t);
    const PackArgs packs[] = {{kernel.data(), units, features, units, false, packed_kernel.data(), 0},
                              {recurrent.data(), units, units, units, false, packed.data(), 0}};
    Pack(table, nullptr, packs);
    WalkArgs args = {};
    args.t_end = args.steps = steps;
    args.active = active.data();
    args.offsets = offsets.data();
    args.blocks = block.data();
    args.block_count = args.block_rows = 1;
    args.units = units;
    args.padded = args.unit_end = PaddedColumns(units);
    args.state_stride = args.input_stride = stride;
    args.activation = Activation::kTanh;
    args.packed = packed.data();
    args.states = states.data();
    args.inputs = projected.data();
    double best = 1e9;
    std::thread worker([&] {
      using Clock = std::chrono::steady_clock;
      SetFlushToZero();
      for (size_t round = 0; round < rounds; ++round) {
        const auto begin = Clock::now();
        table.gemm({x.data(), nullptr, features, packed_kernel.data(), features, units, bias.data(), false,
                    projected.data(), stride, 0, steps});
        table.walk_forward(args);
        const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        if (seconds < best) best = seconds;
      }
    });
    worker.join();
    return Napi::Number::New(info.Env(), best);
  });
}

size_t PageBytes() {
#if defined(_WIN32)
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
#else
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
#endif
}

// Whole pages of memory with an unreadable page on either side; null where there is none.
char* AllocateBetweenGuards(size_t page, size_t body) {
#if defined(_WIN32)
  char* memory = static_cast<char*>(VirtualAlloc(nullptr, body + 2 * page, MEM_RESERVE, PAGE_NOACCESS));
  if (!memory || !VirtualAlloc(memory + page, body, MEM_COMMIT, PAGE_READWRITE)) return nullptr;
#else
  char* memory = static_cast<char*>(
      mmap(nullptr, body + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) return nullptr;
  mprotect(memory, page, PROT_NONE);
  mprotect(memory + page + body, page, PROT_NONE);
#endif
  return memory + page;
}

// guarded(elements, atEnd): a Float32Array whose memory ends (or begins) at an unreadable page.
// Memory is never given back: V8 may still hold the array.
Napi::Value JsGuarded(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const size_t bytes = ToSize(info[0], "elements") * sizeof(float);
    const bool at_end = info[1].As<Napi::Boolean>();
    const size_t page = PageBytes();
    const size_t body = (bytes + page - 1) / page * page;
    char* memory = AllocateBetweenGuards(page, body);
    if (!memory) throw std::bad_alloc();
    char* begin = at_end ? memory + body - bytes : memory;
    const Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), begin, bytes);
    return Napi::Float32Array::New(info.Env(), bytes / sizeof(float), buffer, 0);
  });
}

// cgroupCores(root, membership)
Napi::Value JsCgroupCores(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(CgroupCores(info[0].As<Napi::String>().Utf8Value(),
                                                           info[1].As<Napi::String>().Utf8Value())));
}

}  // namespace

void RegisterKernels(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("isas", JsIsas);
  add("pack", JsPack);
  add("gemm", JsGemm);
  add("outer", JsOuter);
  add("columnSum", JsColumnSum);
  add("groupSum", JsGroupSum);
  add("walkForward", JsWalk<true>);
  add("walkBackward", JsWalk<false>);
  add("activate", JsActivate);
  add("dropout", JsDropout);
  add("attentionWeights", JsAttentionWeights);
  add("additiveScores", JsAdditiveScores);
  add("update", JsUpdate);
  add("gradientSquares", JsGradientSquares);
  add("accumulate", JsAccumulate);
  add("averageWeights", JsAverageWeights);
  add("penalty", JsPenalty);
  add("unitVectors", JsUnitVectors);
  add("orthogonal", JsOrthogonal);
  add("constrain", JsConstrain);
  add("add", JsAdd);
  add("peak", JsPeak);
  add("timeForward", JsTimeForward);
  add("guarded", JsGuarded);
  add("cgroupCores", JsCgroupCores);
}

}  // namespace ostinato
