// SPDX-License-Identifier: MIT
// What tiny_darwin_arm64.dylib.gz is made of:
//   zig c++ -target aarch64-macos.11.0 -g0 -O2 -fvisibility=hidden -nostdlib++ -dynamiclib tiny.cc -s \
//     -Wl,-install_name,@rpath/tiny.dylib -o tiny.dylib
static __attribute__((noinline)) int f_local_symbol(int a){return a*a+7;}
__attribute__((noinline,visibility("hidden"))) int f_hidden_symbol(int a){return f_local_symbol(a)*f_local_symbol(a+1);}
__attribute__((noinline,visibility("hidden"))) int f_unused_symbol(int a){return a*13;}
extern "C" __attribute__((visibility("default"))) int f_out(int a){return f_hidden_symbol(a);}
