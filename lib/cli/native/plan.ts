// SPDX-License-Identifier: MIT
// How the addon is compiled without a build system: from native/sources.gypi, the one list of sources and flags, to one
// command for each source and one that links them. `ostinato build` runs such a plan with the machine's compiler, the
// release with Zig for every target (tools/prebuild.mjs).
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a plan is for. */
export interface PlanTarget {
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64';
}

/** What compiles it. */
export interface Toolchain {
  /** The program and the arguments that every call of it begins with. */
  readonly compiler: readonly string[];
  /** Folders of headers besides `native`. */
  readonly headers: readonly string[];
  /**
   * Flags that name a processor in this compiler's words.
   *
   * @param flags those of sources.gypi (`-march`, `-mavx2` ...); none for what must run on every processor
   */
  machine(flags: readonly string[]): readonly string[];
  /** Further flags of the sources that know Node. */
  readonly nodeFlags: readonly string[];
  readonly linkFlags: readonly string[];
}

export interface Compilation {
  /** Of the sources, relative to the package. */
  readonly source: string;
  readonly object: string;
  readonly command: readonly string[];
  /** The instruction set that it is compiled for; undefined for what runs on every processor. */
  readonly isa?: string;
}

export interface Plan {
  readonly compilations: readonly Compilation[];
  /** It ends with the output; empty where nothing is linked. */
  readonly link: readonly string[];
}

const SCALAR = 'scalar';
const ISAS = { x64: [SCALAR, 'baseline', 'avx2', 'avx512'], arm64: [SCALAR, 'neon'] } as const;

const DEFINITIONS = [
  'NAPI_VERSION=8',
  'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  'BUILDING_NODE_EXTENSION',
];

/**
 * The commands, to be run in the folder of the package.
 *
 * @param root the folder of the package
 * @param objects a folder for object files
 * @param output the addon; its testing twin with `testing`
 */
export function planAddon(
  root: string,
  target: PlanTarget,
  toolchain: Toolchain,
  { objects, output, testing = false }: { objects: string; output: string; testing?: boolean },
): Plan {
  const lists = readLists(root);
  const common = [
    ...lists('common_flags'),
    ...(target.os === 'win32' ? [] : ['-fPIC']),
    // No path of this machine in the binary.
    '-g0',
    `-ffile-prefix-map=${root}=.`,
    '-Inative',
  ];
  // The rest of the sources knows nothing of Node: its objects are the same for both addons.
  const forNode = [
    ...toolchain.headers.map((folder) => `-isystem${folder}`),
    ...DEFINITIONS.map((definition) => `-D${definition}`),
    // Electron forbids arrays over memory that is not V8's; the testing twin has some between guard pages.
    ...(testing ? [] : ['-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED']),
    ...(target.os === 'win32' ? ['-DOSTINATO_BINDS_HOST'] : []),
    ...toolchain.nodeFlags,
  ];
  const compile = (source: string, flags: readonly string[], name = nameOf(source), isa?: string): Compilation => {
    const object = path.join(objects, `${name}.o`);
    const command = [...toolchain.compiler, ...common, ...flags, '-c', source, '-o', object];
    return { source, object, command, ...(isa === undefined ? {} : { isa }) };
  };
  const portable = toolchain.machine([]);
  const compilations = [
    ...lists('core_sources').map((source) => compile(source, portable)),
    ...lists(testing ? 'testing_sources' : 'napi_sources').map((source) =>
      compile(source, [...portable, ...forNode], `${testing ? 'testing_' : ''}${nameOf(source)}`),
    ),
    ...ISAS[target.arch].flatMap((isa) => {
      const named = lists(`isa_flags_${isa}`);
      const isMachine = (flag: string): boolean => /^-m/.test(flag);
      const flags = [
        ...lists('isa_flags_common'),
        ...named.filter((flag) => !isMachine(flag)),
        ...toolchain.machine(named.filter(isMachine)),
      ];
      return lists(`isa_sources_${isa}`).map((source) => compile(source, flags, nameOf(source), isa));
    }),
  ];
  const link = [
    ...toolchain.compiler,
    ...compilations.map(({ object }) => object),
    ...toolchain.machine([]),
    ...linkFlags(target),
    ...toolchain.linkFlags,
    '-o',
    output,
  ];
  return { compilations, link };
}

/** native/layers/gru.cc -> native_layers_gru: two rooms may have files of one name. */
function nameOf(source: string): string {
  return source.replaceAll('/', '_').replace(/\.cc$/, '');
}

function linkFlags({ os }: PlanTarget): string[] {
  switch (os) {
    case 'linux':
      return [
        '-shared',
        '-Wl,-z,nodelete',
        '-Wl,-Bsymbolic',
        '-Wl,--version-script=native/exports.map',
        '-s',
      ];
    case 'darwin':
      return ['-dynamiclib', '-undefined', 'dynamic_lookup', '-Wl,-install_name,@rpath/ostinato.node', '-s'];
    case 'win32':
      return ['-shared', '-s'];
  }
}

/** Reads an array of sources.gypi by name. */
function readLists(root: string): (name: string) => readonly string[] {
  const text = readFileSync(path.join(root, 'native', 'sources.gypi'), 'utf8');
  const { variables } = JSON.parse(text) as { variables: Readonly<Record<string, readonly string[]>> };
  return (name) => {
    const list = variables[name];
    if (list === undefined) throw new Error(`native/sources.gypi has no list ${name}`);
    return list;
  };
}
