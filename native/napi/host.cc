// SPDX-License-Identifier: MIT
// What the addon needs of the program that loads it, where the linker does not see to it. It includes no
// header of Node-API, whose declarations are those of imports.
//
// Windows: an import names a program ("node.exe"), and crashes in any other: Bun, Deno, Electron, a host that
// was renamed. So nothing is imported. The pointers that an import would fill are defined here and filled
// when the addon is loaded, from whichever program or library has the functions. A function that is used and
// not listed is an error of the linker.
//
// The image stays mapped for the life of the process: V8 may call a finalizer after a worker has ended. On
// Linux the linker's flag -z nodelete does that.
#if defined(_WIN32) && defined(OSTINATO_BINDS_HOST)
#include <initializer_list>

#include "base/system_windows.h"

#define OSTINATO_HOST_FUNCTIONS(V)     \
  V(napi_add_env_cleanup_hook)         \
  V(napi_add_finalizer)                \
  V(napi_adjust_external_memory)       \
  V(napi_async_destroy)                \
  V(napi_call_function)                \
  V(napi_call_threadsafe_function)     \
  V(napi_check_object_type_tag)        \
  V(napi_close_callback_scope)         \
  V(napi_close_escapable_handle_scope) \
  V(napi_close_handle_scope)           \
  V(napi_coerce_to_number)             \
  V(napi_create_array)                 \
  V(napi_create_double)                \
  V(napi_create_error)                 \
  V(napi_create_external_arraybuffer)  \
  V(napi_create_function)              \
  V(napi_create_object)                \
  V(napi_create_reference)             \
  V(napi_create_string_utf8)           \
  V(napi_create_threadsafe_function)   \
  V(napi_create_type_error)            \
  V(napi_create_typedarray)            \
  V(napi_define_class)                 \
  V(napi_define_properties)            \
  V(napi_delete_reference)             \
  V(napi_escape_handle)                \
  V(napi_fatal_error)                  \
  V(napi_get_and_clear_last_exception) \
  V(napi_get_array_length)             \
  V(napi_get_arraybuffer_info)         \
  V(napi_get_boolean)                  \
  V(napi_get_cb_info)                  \
  V(napi_get_element)                  \
  V(napi_get_instance_data)            \
  V(napi_get_last_error_info)          \
  V(napi_get_named_property)           \
  V(napi_get_new_target)               \
  V(napi_get_null)                     \
  V(napi_get_property)                 \
  V(napi_get_reference_value)          \
  V(napi_get_typedarray_info)          \
  V(napi_get_undefined)                \
  V(napi_get_value_bool)               \
  V(napi_get_value_double)             \
  V(napi_get_value_int32)              \
  V(napi_get_value_int64)              \
  V(napi_get_value_string_utf8)        \
  V(napi_has_property)                 \
  V(napi_is_array)                     \
  V(napi_is_arraybuffer)               \
  V(napi_is_error)                     \
  V(napi_is_exception_pending)         \
  V(napi_is_typedarray)                \
  V(napi_make_callback)                \
  V(napi_open_escapable_handle_scope)  \
  V(napi_open_handle_scope)            \
  V(napi_ref_threadsafe_function)      \
  V(napi_release_threadsafe_function)  \
  V(napi_remove_wrap)                  \
  V(napi_set_element)                  \
  V(napi_set_instance_data)            \
  V(napi_set_named_property)           \
  V(napi_throw)                        \
  V(napi_type_tag_object)              \
  V(napi_typeof)                       \
  V(napi_unref_threadsafe_function)    \
  V(napi_unwrap)                       \
  V(napi_wrap)

extern "C" {
#define OSTINATO_DEFINE(name) FARPROC __imp_##name = nullptr;
OSTINATO_HOST_FUNCTIONS(OSTINATO_DEFINE)
#undef OSTINATO_DEFINE
}

namespace {

FARPROC Find(const char* name) {
  for (const HMODULE host :
       {GetModuleHandleW(nullptr), GetModuleHandleW(L"libnode.dll"), GetModuleHandleW(L"node.dll")})
    if (host)
      if (const FARPROC function = GetProcAddress(host, name)) return function;
  return nullptr;
}

bool BindHost() {
  bool found = true;
#define OSTINATO_BIND(name) found = (__imp_##name = Find(#name)) != nullptr && found;
  OSTINATO_HOST_FUNCTIONS(OSTINATO_BIND)
#undef OSTINATO_BIND
  return found;
}

}  // namespace

// FALSE refuses the addon: the host lacks a function of Node-API 8.
BOOL WINAPI DllMain(HINSTANCE image, DWORD reason, LPVOID) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  HMODULE pinned = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(image), &pinned);
  return BindHost() ? TRUE : FALSE;
}

#elif defined(__APPLE__)
#include <dlfcn.h>

namespace {

__attribute__((constructor)) void PinImage() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&PinImage), &info))
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace
#endif
