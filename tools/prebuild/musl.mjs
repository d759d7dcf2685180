// SPDX-License-Identifier: MIT
// Bun for musl on a Debian that has musl: its C++ library is made here from Debian's static one.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CACHE } from '../kits.mjs';
import { capture, StepError } from '../steps.mjs';

const LOADERS = { x64: '/lib/ld-musl-x86_64.so.1' };

/** The command that starts a program of musl; undefined where there is no musl. */
export function muslSysroot(arch) {
  const loader = LOADERS[arch];
  if (!existsSync(loader)) return undefined;
  const folder = path.join(CACHE, `musl-${arch}`);
  const parts = ['-Wl,--whole-archive', '-l:libstdc++.a', '-Wl,--no-whole-archive', '-l:libgcc_eh.a', '-l:libgcc.a'];
  makeLibrary(folder, 'libstdc++.so.6', parts);
  // The unwinder is in it: this one is asked for by name alone.
  makeLibrary(folder, 'libgcc_s.so.1', []);
  return [loader, '--library-path', folder];
}

/** What Debian's static library takes from glibc and musl has not, as far as a test run needs it. */
const MISSING = `
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
void *__dso_handle __attribute__((visibility("hidden"))) = 0;
char __libc_single_threaded __attribute__((weak)) = 0;
__attribute__((weak)) unsigned arc4random(void) { return 4; }
__attribute__((weak)) int __cxa_thread_atexit_impl(void (*f)(void *), void *o, void *d) { return 0; }
__attribute__((weak)) size_t __strftime_l(char *s, size_t n, const char *f, const void *t, void *l) { return 0; }

// The unwinder asks for the image of an address and its table of frames.
struct search { char *pc; struct dl_find_object *found; };
static int visit(struct dl_phdr_info *image, size_t size, void *given) {
  struct search *search = given;
  void *frames = 0;
  int is_in = 0;
  for (int i = 0; i < image->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &image->dlpi_phdr[i];
    char *begin = (char *)image->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_LOAD && search->pc >= begin && search->pc < begin + part->p_memsz) is_in = 1;
    if (part->p_type == PT_GNU_EH_FRAME) frames = begin;
  }
  if (is_in) search->found->dlfo_eh_frame = frames;
  return is_in;
}
__attribute__((weak)) int _dl_find_object(void *pc, struct dl_find_object *found) {
  struct search search = {pc, found};
  return dl_iterate_phdr(visit, &search) && found->dlfo_eh_frame ? 0 : -1;
}
`;

function makeLibrary(folder, name, parts) {
  const output = path.join(folder, name);
  if (existsSync(output)) return;
  mkdirSync(folder, { recursive: true });
  const start = path.join(folder, 'start.c');
  writeFileSync(start, MISSING);
  const flags = ['-shared', '-fPIC', '-nostdlib', `-Wl,-soname,${name}`, '-Wl,-z,lazy', '-o', output];
  const { ok, output: said } = capture(['gcc', ...flags, start, ...parts]);
  if (!ok) throw new StepError(`${name} for musl: ${said}`);
}
