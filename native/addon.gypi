{
  "includes": ["sources.gypi"],
  "variables": { "testing%": 0 },
  "target_defaults": {
    "include_dirs": [".", "<!(node native/headers.cjs)"],
    "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED"],
    "cflags!": ["-fno-exceptions", "-O3"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<@(common_flags)"],
    "xcode_settings": {
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_CPLUSPLUSFLAGS": ["<@(common_flags)"]
    }
  },
  "targets": [
    {
      "target_name": "ostinato_isa_scalar",
      "type": "static_library",
      "sources": ["<@(isa_sources_scalar)"],
      "cflags_cc": ["<@(isa_flags_common)", "<@(isa_flags_scalar)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags_common)", "<@(isa_flags_scalar)"] }
    },
    {
      "target_name": "ostinato_core",
      "type": "static_library",
      "sources": ["<@(core_sources)"],
      "dependencies": ["ostinato_isa_scalar"],
      "export_dependent_settings": ["ostinato_isa_scalar"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["ostinato_isa_baseline", "ostinato_isa_avx2", "ostinato_isa_avx512"] }],
        ["target_arch=='arm64'", { "dependencies": ["ostinato_isa_neon"] }]
      ]
    },
    {
      "target_name": "ostinato",
      "sources": ["<@(napi_sources)"],
      "dependencies": ["ostinato_core"],
      "conditions": [["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete", "-Wl,-Bsymbolic", "-Wl,--exclude-libs,ALL"] }]]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "ostinato_isa_baseline",
          "type": "static_library",
          "sources": ["<@(isa_sources_baseline)"],
          "cflags_cc": ["<@(isa_flags_common)", "<@(isa_flags_baseline)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags_common)", "<@(isa_flags_baseline)"] }
        },
        {
          "target_name": "ostinato_isa_avx2",
          "type": "static_library",
          "sources": ["<@(isa_sources_avx2)"],
          "cflags_cc": ["<@(isa_flags_common)", "<@(isa_flags_avx2)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags_common)", "<@(isa_flags_avx2)"] }
        },
        {
          "target_name": "ostinato_isa_avx512",
          "type": "static_library",
          "sources": ["<@(isa_sources_avx512)"],
          "cflags_cc": ["<@(isa_flags_common)", "<@(isa_flags_avx512)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags_common)", "<@(isa_flags_avx512)"] }
        }
      ]
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "ostinato_isa_neon",
          "type": "static_library",
          "sources": ["<@(isa_sources_neon)"],
          "cflags_cc": ["<@(isa_flags_common)", "<@(isa_flags_neon)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags_common)", "<@(isa_flags_neon)"] }
        }
      ]
    }],
    ["testing==1", {
      "targets": [
        {
          "target_name": "ostinato_testing",
          "sources": ["<@(testing_sources)"],
          "dependencies": ["ostinato_core"],
          "defines!": ["NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED"]
        }
      ]
    }]
  ]
}
