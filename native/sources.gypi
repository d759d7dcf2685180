{
  "variables": {
    "core_sources": [
      "native/base/random.cc",
      "native/batch/batch_layout.cc",
      "native/constraints/constraint.cc",
      "native/dispatch/cpu_features.cc",
      "native/dispatch/dispatch.cc",
      "native/initializers/constant.cc",
      "native/initializers/initializers.cc",
      "native/initializers/normal.cc",
      "native/initializers/orthogonal.cc",
      "native/initializers/uniform.cc",
      "native/initializers/variance_scaling.cc",
      "native/layers/activation_layer.cc",
      "native/layers/dense.cc",
      "native/layers/dropout.cc",
      "native/layers/embedding.cc",
      "native/layers/flatten.cc",
      "native/layers/simple_rnn.cc",
      "native/layers/weight_gradient.cc",
      "native/model/model.cc",
      "native/optimizers/optimizer.cc",
      "native/regularizers/orthogonal.cc",
      "native/threading/available_cores.cc",
      "native/threading/worker_pool.cc"
    ],
    "napi_sources": [
      "native/napi/config.cc",
      "native/napi/environment.cc",
      "native/napi/module.cc",
      "native/napi/native_dataset.cc",
      "native/napi/native_model.cc"
    ],
    "testing_sources": [
      "native/reference/activations_ref.cc",
      "native/reference/dense_ref.cc",
      "native/reference/embedding_ref.cc",
      "native/reference/losses_ref.cc",
      "native/reference/optimizers_ref.cc",
      "native/reference/simple_rnn_ref.cc",
      "native/testing/kernel_bindings.cc",
      "native/testing/module.cc",
      "native/testing/reference_bindings.cc"
    ],
    "isa_sources_scalar": ["native/isa/kernels_scalar.cc"],
    "isa_sources_baseline": ["native/isa/kernels_baseline.cc"],
    "isa_sources_avx2": ["native/isa/kernels_avx2.cc"],
    "isa_sources_avx512": ["native/isa/kernels_avx512.cc"],
    "isa_sources_neon": ["native/isa/kernels_neon.cc"],
    "common_flags": ["-std=c++17", "-O3", "-Wall", "-Wextra", "-Werror=switch", "-Werror=missing-field-initializers", "-fvisibility=hidden", "-ffp-contract=off", "-fno-fast-math"],
    "isa_flags_common": ["-fno-exceptions", "-fno-rtti", "-fno-lto"],
    "isa_flags_scalar": ["-fno-tree-vectorize"],
    "isa_flags_baseline": ["-march=x86-64"],
    "isa_flags_avx2": ["-march=x86-64", "-mavx2", "-mfma"],
    "isa_flags_avx512": ["-march=x86-64", "-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"],
    "isa_flags_neon": []
  }
}
