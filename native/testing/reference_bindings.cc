// SPDX-License-Identifier: MIT
// The reference, the random numbers and the initializers, for jest: `exports.reference` of the testing addon.
// Every function takes one object; JavaScript allocates all arrays. test/support/testing_addon.ts is the
// other side.
#include <napi.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "base/normal_quantile.h"
#include "base/philox.h"
#include "base/random.h"
#include "initializers/initializers.h"
#include "initializers/normal.h"
#include "reference/activations_ref.h"
#include "reference/dense_ref.h"
#include "reference/embedding_ref.h"
#include "reference/gru_ref.h"
#include "reference/losses_ref.h"
#include "reference/lstm_ref.h"
#include "reference/optimizers_ref.h"
#include "reference/simple_rnn_ref.h"

namespace ostinato {

namespace {

// A JavaScript object read by key, every kind and size checked: a test's mistake becomes a message.
class Arguments {
 public:
  explicit Arguments(const Napi::Value& value) : object_(value.As<Napi::Object>()) {
    if (!value.IsObject()) throw std::invalid_argument("expected one object of arguments");
  }

  double Number(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsNumber()) Fail(key, "a number");
    return value.As<Napi::Number>().DoubleValue();
  }
  uint64_t Integer(const char* key) const { return static_cast<uint64_t>(Number(key)); }
  size_t Size(const char* key) const { return static_cast<size_t>(Number(key)); }
  bool Flag(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsBoolean()) Fail(key, "a boolean");
    return value.As<Napi::Boolean>().Value();
  }
  std::string Name(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsString()) Fail(key, "a string");
    return value.As<Napi::String>().Utf8Value();
  }
  Arguments Object(const char* key) const { return Arguments(object_.Get(key)); }

  // A typed array of exactly `size` elements.
  double* Doubles(const char* key, size_t size) const {
    return Elements<double>(key, napi_float64_array, size);
  }
  float* Floats(const char* key, size_t size) const { return Elements<float>(key, napi_float32_array, size); }
  int32_t* Ints(const char* key, size_t size) const { return Elements<int32_t>(key, napi_int32_array, size); }
  uint32_t* Words(const char* key, size_t size) const {
    return Elements<uint32_t>(key, napi_uint32_array, size);
  }
  double* DoublesOrNull(const char* key, size_t size) const {
    return object_.Get(key).IsNull() ? nullptr : Doubles(key, size);
  }
  size_t Length(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsTypedArray()) Fail(key, "a typed array");
    return value.As<Napi::TypedArray>().ElementLength();
  }
  std::vector<int64_t> Shape(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsArray()) Fail(key, "an array");
    const Napi::Array array = value.As<Napi::Array>();
    std::vector<int64_t> shape(array.Length());
    for (uint32_t i = 0; i < array.Length(); ++i) shape[i] = array.Get(i).ToNumber().Int64Value();
    return shape;
  }

  [[noreturn]] static void Fail(const char* key, const std::string& expected) {
    throw std::invalid_argument(std::string(key) + ": expected " + expected);
  }

 private:
  template <typename T>
  T* Elements(const char* key, napi_typedarray_type type, size_t size) const {
    if (Length(key) != size) Fail(key, std::to_string(size) + " elements");
    const Napi::TypedArray array = object_.Get(key).As<Napi::TypedArray>();
    if (array.TypedArrayType() != type) Fail(key, "a typed array of another kind");
    return reinterpret_cast<T*>(static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset());
  }

  Napi::Object object_;
};

// The value of an enum by its place in a list of names.
template <typename Enum, size_t kCount>
Enum EnumOf(const char* key, const std::string& name, const char* const (&names)[kCount]) {
  for (size_t i = 0; i < kCount; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  Arguments::Fail(key, "a known name, received " + name);
}

reference::Activation ActivationOf(const Arguments& a, const char* key = "activation") {
  static const char* const kNames[] = {"linear",         "tanh",         "sigmoid",
                                       "relu",           "softmax",      "elu",
                                       "exponential",    "hard_sigmoid", "legacy_hard_sigmoid",
                                       "softsign",       "leaky_relu",   "relu6",
                                       "celu",           "selu",         "gelu",
                                       "silu",           "softplus",     "squareplus",
                                       "soft_shrink",    "hard_shrink",  "tanh_shrink",
                                       "hard_tanh",      "hard_silu",    "log_sigmoid",
                                       "log_softmax",    "mish",         "sparse_plus",
                                       "sparse_sigmoid", "sparsemax"};
  return EnumOf<reference::Activation>(key, a.Name(key), kNames);
}

reference::LossKind LossKindOf(const Arguments& a) {
  static const char* const kNames[] = {"binary_crossentropy", "categorical_crossentropy",
                                       "sparse_categorical_crossentropy", "mean_squared_error",
                                       "mean_absolute_error"};
  return EnumOf<reference::LossKind>("kind", a.Name("kind"), kNames);
}

InitializerSpec InitializerOf(const Arguments& a) {
  static const char* const kKinds[] = {"constant",         "values",        "identity",
                                       "random_uniform",   "random_normal", "truncated_normal",
                                       "variance_scaling", "orthogonal"};
  static const char* const kModes[] = {"fan_in", "fan_out", "fan_avg"};
  static const char* const kDistributions[] = {"truncated_normal", "untruncated_normal", "uniform"};
  InitializerSpec spec;
  spec.kind = EnumOf<InitializerKind>("kind", a.Name("kind"), kKinds);
  switch (spec.kind) {
    case InitializerKind::kConstant:
      spec.value = a.Number("value");
      break;
    case InitializerKind::kValues: {
      const float* values = a.Floats("values", a.Length("values"));
      spec.values.assign(values, values + a.Length("values"));
      break;
    }
    case InitializerKind::kIdentity:
    case InitializerKind::kOrthogonal:
      spec.gain = a.Number("gain");
      break;
    case InitializerKind::kRandomUniform:
      spec.minval = a.Number("minval");
      spec.maxval = a.Number("maxval");
      break;
    case InitializerKind::kRandomNormal:
    case InitializerKind::kTruncatedNormal:
      spec.mean = a.Number("mean");
      spec.stddev = a.Number("stddev");
      break;
    case InitializerKind::kVarianceScaling:
      spec.scale = a.Number("scale");
      spec.mode = EnumOf<FanMode>("mode", a.Name("mode"), kModes);
      spec.distribution = EnumOf<ScalingDistribution>("distribution", a.Name("distribution"), kDistributions);
      break;
  }
  return spec;
}

// Bodies of the exported functions. Those that compute one number return it, the rest return 0.

double JsPhilox(const Arguments& a) {
  const uint32_t* counter = a.Words("counter", 4);
  const uint32_t* key = a.Words("key", 2);
  uint32_t* out = a.Words("out", 4);
  const auto join = [](const uint32_t* words) { return static_cast<uint64_t>(words[1]) << 32 | words[0]; };
  const PhiloxBlock block = Philox(join(key), join(counter), join(counter + 2));
  for (int i = 0; i < 4; ++i) out[i] = block.word[i];
  return 0;
}

double JsRandomWords(const Arguments& a) {
  const CounterRng rng(a.Integer("seed"), a.Integer("stream"));
  const size_t n = a.Length("out");
  rng.Fill(a.Integer("begin"), a.Words("out", n), n);
  return 0;
}

double JsRandomWord(const Arguments& a) {
  return CounterRng(a.Integer("seed"), a.Integer("stream")).At(a.Integer("index"));
}

double JsUniforms(const Arguments& a) {
  const CounterRng rng(a.Integer("seed"), a.Integer("stream"));
  const bool open = a.Flag("open");
  const size_t n = a.Length("out");
  double* out = a.Doubles("out", n);
  for (size_t i = 0; i < n; ++i) out[i] = open ? rng.OpenUniform(i) : rng.Uniform(i);
  return 0;
}

double JsPermutation(const Arguments& a) {
  const size_t n = a.Length("out");
  Permutation(a.Integer("seed"), a.Integer("stream"), a.Ints("out", n), n);
  return 0;
}

double JsNormalQuantile(const Arguments& a) { return NormalQuantile(a.Number("p")); }

double JsInitialize(const Arguments& a) {
  const std::vector<int64_t> shape = a.Shape("shape");
  size_t n = 1;
  for (int64_t axis : shape) n *= static_cast<size_t>(axis);
  Initialize(InitializerOf(a.Object("initializer")), shape.data(), shape.size(), a.Integer("seed"),
             a.Floats("out", n), nullptr);
  return 0;
}

double JsActivate(const Arguments& a) {
  const size_t rows = a.Size("rows"), columns = a.Size("columns"), n = rows * columns;
  reference::ActivateRows(ActivationOf(a), rows, columns, a.Doubles("x", n), a.Doubles("y", n));
  return 0;
}

double JsActivateBackward(const Arguments& a) {
  const size_t rows = a.Size("rows"), columns = a.Size("columns"), n = rows * columns;
  reference::ActivateRowsBackward(ActivationOf(a), rows, columns, a.Doubles("x", n), a.Doubles("dy", n),
                                  a.Doubles("dx", n));
  return 0;
}

reference::SimpleRnnConfig SimpleRnnConfigOf(const Arguments& a) {
  return {a.Size("batch"), a.Size("steps"), a.Size("inputs"), a.Size("units"), ActivationOf(a)};
}

reference::SimpleRnnWeights SimpleRnnWeightsOf(const Arguments& a, const reference::SimpleRnnConfig& c) {
  return {a.Doubles("kernel", c.inputs * c.units), a.Doubles("recurrentKernel", c.units * c.units),
          a.DoublesOrNull("bias", c.units)};
}

double JsSimpleRnnForward(const Arguments& a) {
  const reference::SimpleRnnConfig c = SimpleRnnConfigOf(a);
  reference::SimpleRnnForward(c, SimpleRnnWeightsOf(a, c), a.Doubles("x", c.batch * c.steps * c.inputs),
                              a.DoublesOrNull("initialState", c.batch * c.units),
                              a.Doubles("states", c.batch * c.steps * c.units));
  return 0;
}

double JsSimpleRnnBackward(const Arguments& a) {
  const reference::SimpleRnnConfig c = SimpleRnnConfigOf(a);
  const reference::SimpleRnnGradients gradients = {a.Doubles("kernelGradient", c.inputs * c.units),
                                                   a.Doubles("recurrentKernelGradient", c.units * c.units),
                                                   a.Doubles("biasGradient", c.units),
                                                   a.Doubles("xGradient", c.batch * c.steps * c.inputs),
                                                   a.Doubles("initialStateGradient", c.batch * c.units)};
  reference::SimpleRnnBackward(c, SimpleRnnWeightsOf(a, c), a.Doubles("x", c.batch * c.steps * c.inputs),
                               a.DoublesOrNull("initialState", c.batch * c.units),
                               a.DoublesOrNull("dStates", c.batch * c.steps * c.units),
                               a.DoublesOrNull("dLast", c.batch * c.units), gradients);
  return 0;
}

reference::LstmConfig LstmConfigOf(const Arguments& a) {
  return {a.Size("batch"), a.Size("steps"), a.Size("inputs"),
          a.Size("units"), ActivationOf(a), ActivationOf(a, "recurrentActivation")};
}

reference::LstmWeights LstmWeightsOf(const Arguments& a, const reference::LstmConfig& c) {
  return {a.Doubles("kernel", c.inputs * 4 * c.units), a.Doubles("recurrentKernel", c.units * 4 * c.units),
          a.DoublesOrNull("bias", 4 * c.units)};
}

reference::LstmDropout LstmDropoutOf(const Arguments& a, const reference::LstmConfig& c) {
  return {a.DoublesOrNull("inputDropout", 4 * c.batch * c.inputs),
          a.DoublesOrNull("recurrentDropout", 4 * c.batch * c.units)};
}

reference::LstmState LstmStateOf(const Arguments& a, const reference::LstmConfig& c) {
  return {a.DoublesOrNull("initialState", c.batch * c.units),
          a.DoublesOrNull("initialCarry", c.batch * c.units)};
}

double JsLstmForward(const Arguments& a) {
  const reference::LstmConfig c = LstmConfigOf(a);
  const size_t outputs = c.batch * c.steps * c.units;
  reference::LstmForward(c, LstmWeightsOf(a, c), LstmDropoutOf(a, c),
                         a.Doubles("x", c.batch * c.steps * c.inputs), LstmStateOf(a, c),
                         a.Doubles("states", outputs), a.Doubles("carries", outputs));
  return 0;
}

double JsLstmBackward(const Arguments& a) {
  const reference::LstmConfig c = LstmConfigOf(a);
  const size_t state = c.batch * c.units;
  const reference::LstmGradients gradients = {
      a.Doubles("kernelGradient", c.inputs * 4 * c.units),
      a.Doubles("recurrentKernelGradient", c.units * 4 * c.units),
      a.DoublesOrNull("biasGradient", 4 * c.units),
      a.Doubles("xGradient", c.batch * c.steps * c.inputs),
      a.Doubles("initialStateGradient", state),
      a.Doubles("initialCarryGradient", state),
  };
  reference::LstmBackward(
      c, LstmWeightsOf(a, c), LstmDropoutOf(a, c), a.Doubles("x", c.batch * c.steps * c.inputs),
      LstmStateOf(a, c), a.DoublesOrNull("dStates", c.batch * c.steps * c.units),
      a.DoublesOrNull("dLastState", state), a.DoublesOrNull("dLastCarry", state), gradients);
  return 0;
}

reference::GruConfig GruConfigOf(const Arguments& a) {
  return {a.Size("batch"),     a.Size("steps"), a.Size("inputs"),
          a.Size("units"),     ActivationOf(a), ActivationOf(a, "recurrentActivation"),
          a.Flag("resetAfter")};
}

size_t GruBiasSize(const reference::GruConfig& c) { return (c.reset_after ? 2 : 1) * 3 * c.units; }

reference::GruWeights GruWeightsOf(const Arguments& a, const reference::GruConfig& c) {
  return {a.Doubles("kernel", c.inputs * 3 * c.units), a.Doubles("recurrentKernel", c.units * 3 * c.units),
          a.DoublesOrNull("bias", GruBiasSize(c))};
}

reference::GruDropout GruDropoutOf(const Arguments& a, const reference::GruConfig& c) {
  return {a.DoublesOrNull("inputDropout", 3 * c.batch * c.inputs),
          a.DoublesOrNull("recurrentDropout", 3 * c.batch * c.units)};
}

double JsGruForward(const Arguments& a) {
  const reference::GruConfig c = GruConfigOf(a);
  reference::GruForward(
      c, GruWeightsOf(a, c), GruDropoutOf(a, c), a.Doubles("x", c.batch * c.steps * c.inputs),
      a.DoublesOrNull("initialState", c.batch * c.units), a.Doubles("states", c.batch * c.steps * c.units));
  return 0;
}

double JsGruBackward(const Arguments& a) {
  const reference::GruConfig c = GruConfigOf(a);
  const size_t state = c.batch * c.units;
  const reference::GruGradients gradients = {
      a.Doubles("kernelGradient", c.inputs * 3 * c.units),
      a.Doubles("recurrentKernelGradient", c.units * 3 * c.units),
      a.DoublesOrNull("biasGradient", GruBiasSize(c)),
      a.Doubles("xGradient", c.batch * c.steps * c.inputs),
      a.Doubles("initialStateGradient", state),
  };
  reference::GruBackward(c, GruWeightsOf(a, c), GruDropoutOf(a, c),
                         a.Doubles("x", c.batch * c.steps * c.inputs), a.DoublesOrNull("initialState", state),
                         a.DoublesOrNull("dStates", c.batch * c.steps * c.units),
                         a.DoublesOrNull("dLast", state), gradients);
  return 0;
}

reference::DenseConfig DenseConfigOf(const Arguments& a) {
  return {a.Size("rows"), a.Size("inputs"), a.Size("units"), ActivationOf(a)};
}

double JsDenseForward(const Arguments& a) {
  const reference::DenseConfig c = DenseConfigOf(a);
  reference::DenseForward(c, a.Doubles("kernel", c.inputs * c.units), a.DoublesOrNull("bias", c.units),
                          a.Doubles("x", c.rows * c.inputs), a.Doubles("y", c.rows * c.units));
  return 0;
}

double JsDenseBackward(const Arguments& a) {
  const reference::DenseConfig c = DenseConfigOf(a);
  const reference::DenseGradients gradients = {a.Doubles("kernelGradient", c.inputs * c.units),
                                               a.Doubles("biasGradient", c.units),
                                               a.Doubles("xGradient", c.rows * c.inputs)};
  reference::DenseBackward(c, a.Doubles("kernel", c.inputs * c.units), a.DoublesOrNull("bias", c.units),
                           a.Doubles("x", c.rows * c.inputs), a.Doubles("dy", c.rows * c.units), gradients);
  return 0;
}

// Token ids in [0, vocabulary).
const int32_t* TokensOf(const Arguments& a, size_t vocabulary) {
  const size_t positions = a.Length("tokens");
  const int32_t* tokens = a.Ints("tokens", positions);
  for (size_t p = 0; p < positions; ++p) {
    if (tokens[p] < 0 || static_cast<size_t>(tokens[p]) >= vocabulary) Arguments::Fail("tokens", "known ids");
  }
  return tokens;
}

double JsEmbeddingForward(const Arguments& a) {
  const size_t vocabulary = a.Size("vocabulary"), dim = a.Size("dim"), positions = a.Length("tokens");
  reference::EmbeddingForward(positions, dim, TokensOf(a, vocabulary),
                              a.Doubles("embeddings", vocabulary * dim), a.Doubles("y", positions * dim));
  return 0;
}

double JsEmbeddingBackward(const Arguments& a) {
  const size_t vocabulary = a.Size("vocabulary"), dim = a.Size("dim"), positions = a.Length("tokens");
  reference::EmbeddingBackward(positions, vocabulary, dim, TokensOf(a, vocabulary),
                               a.Doubles("dy", positions * dim), a.Doubles("gradient", vocabulary * dim));
  return 0;
}

double JsLoss(const Arguments& a) {
  const reference::LossKind kind = LossKindOf(a);
  const size_t rows = a.Size("rows"), columns = a.Size("columns");
  const bool sparse = kind == reference::LossKind::kSparseCategoricalCrossentropy;
  return reference::Loss(
      kind, a.Flag("fromLogits"), rows, columns, a.Doubles("targets", sparse ? rows : rows * columns),
      a.Doubles("predictions", rows * columns), a.DoublesOrNull("gradient", rows * columns));
}

// `slots` holds three arrays of the weights' size one after the other, in the order of the fields of the slot
// struct.
double JsOptimizerStep(const Arguments& a) {
  const Arguments o = a.Object("optimizer");
  const size_t n = a.Length("weights");
  const double* gradient = a.Doubles("gradient", n);
  double* weights = a.Doubles("weights", n);
  double* slots = a.Doubles("slots", 3 * n);
  const double learning_rate = o.Number("learningRate");
  const std::string kind = o.Name("kind");
  if (kind == "sgd") {
    reference::SgdStep({learning_rate, o.Number("momentum"), o.Flag("nesterov")}, n, gradient, weights,
                       {slots});
  } else if (kind == "rmsprop") {
    reference::RmspropStep(
        {learning_rate, o.Number("rho"), o.Number("momentum"), o.Number("epsilon"), o.Flag("centered")}, n,
        gradient, weights, {slots, slots + n, slots + 2 * n});
  } else if (kind == "adam") {
    reference::AdamStep(
        {learning_rate, o.Number("beta1"), o.Number("beta2"), o.Number("epsilon"), o.Flag("amsgrad")},
        a.Size("iteration"), n, gradient, weights, {slots, slots + n, slots + 2 * n});
  } else if (kind == "nadam" || kind == "adamax") {
    const auto step = kind == "nadam" ? reference::NadamStep : reference::AdamaxStep;
    step({learning_rate, o.Number("beta1"), o.Number("beta2"), o.Number("epsilon")}, a.Size("iteration"), n,
         gradient, weights, {slots, slots + n});
  } else if (kind == "adagrad") {
    reference::AdagradStep(learning_rate, o.Number("epsilon"), n, gradient, weights, slots);
  } else if (kind == "adadelta") {
    reference::AdadeltaStep({learning_rate, o.Number("rho"), o.Number("epsilon")}, n, gradient, weights,
                            {slots, slots + n});
  } else if (kind == "lion") {
    reference::LionStep({learning_rate, o.Number("beta1"), o.Number("beta2")}, n, gradient, weights, slots);
  } else {
    Arguments::Fail("kind", "an optimizer, received " + kind);
  }
  return 0;
}

template <double (*kBody)(const Arguments&)>
Napi::Value Call(const Napi::CallbackInfo& info) {
  try {
    return Napi::Number::New(info.Env(), kBody(Arguments(info[0])));
  } catch (const std::exception& error) {
    Napi::Error::New(info.Env(), error.what()).ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
}

template <double (*kBody)(const Arguments&)>
void Export(Napi::Object object, const char* name) {
  object.Set(name, Napi::Function::New<Call<kBody>>(object.Env(), name));
}

}  // namespace

void RegisterReference(Napi::Env env, Napi::Object exports) {
  Napi::Object object = Napi::Object::New(env);
  Export<JsPhilox>(object, "philox");
  Export<JsRandomWords>(object, "randomWords");
  Export<JsRandomWord>(object, "randomWord");
  Export<JsUniforms>(object, "uniforms");
  Export<JsPermutation>(object, "permutation");
  Export<JsNormalQuantile>(object, "normalQuantile");
  Export<JsInitialize>(object, "initialize");
  Export<JsActivate>(object, "activate");
  Export<JsActivateBackward>(object, "activateBackward");
  Export<JsSimpleRnnForward>(object, "simpleRnnForward");
  Export<JsSimpleRnnBackward>(object, "simpleRnnBackward");
  Export<JsLstmForward>(object, "lstmForward");
  Export<JsLstmBackward>(object, "lstmBackward");
  Export<JsGruForward>(object, "gruForward");
  Export<JsGruBackward>(object, "gruBackward");
  Export<JsDenseForward>(object, "denseForward");
  Export<JsDenseBackward>(object, "denseBackward");
  Export<JsEmbeddingForward>(object, "embeddingForward");
  Export<JsEmbeddingBackward>(object, "embeddingBackward");
  Export<JsLoss>(object, "loss");
  Export<JsOptimizerStep>(object, "optimizerStep");
  exports.Set("reference", object);
}

}  // namespace ostinato
