// SPDX-License-Identifier: MIT
// `npm run bench`: measures the figures of README.md and prints them. A bar that does not hold is a result, not an error.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { BARS, holds } from './bars.mjs';
import abortLatency from './figures/abort_latency.mjs';
import cli from './figures/cli.mjs';
import ends from './figures/ends.mjs';
import fitAround from './figures/fit_around.mjs';
import floatRnn from './figures/float_rnn.mjs';
import gathered from './figures/gathered.mjs';
import graph from './figures/graph.mjs';
import graphChain from './figures/graph_chain.mjs';
import imdbBook from './figures/imdb_book.mjs';
import imdbStep from './figures/imdb_step.mjs';
import infer from './figures/infer.mjs';
import install from './figures/install.mjs';
import isa from './figures/isa.mjs';
import loopBuild from './figures/loop_build.mjs';
import loopDelay from './figures/loop_delay.mjs';
import masked from './figures/masked.mjs';
import filesLoad from './figures/files_load.mjs';
import memory from './figures/memory.mjs';
import overlap from './figures/overlap.mjs';
import resume from './figures/resume.mjs';
import serve from './figures/serve.mjs';
import serveBeside from './figures/serve_beside.mjs';
import serveKill from './figures/serve_kill.mjs';
import stack4 from './figures/stack4.mjs';
import streams from './figures/streams.mjs';
import subnormal from './figures/subnormal.mjs';
import { kernelFigures } from './kernels/index.mjs';
import { Context, say } from './support/context.mjs';
import { select } from './support/selection.mjs';
import { rounded } from './support/statistics.mjs';
import { table } from './support/table.mjs';

const HELP = `Usage: npm run bench -- [FLAGS]

  --only NAME,NAME  only these figures; the beginning of a name takes all that begin so
  --python PATH     a Python that has the peers (bench/versus/README.md); without it, comparisons are skipped
  --data FILE       the IMDB reviews (imdb.npz); else sought as by \`npm start\`, else generated (synthetic)
  --base DIR        a built checkout of an earlier commit, for graph.chain
  --kills N         kills of serve.kill (200)
  --threads N       compute threads, ours and the peers' (as many as this process may use cores)
  --json FILE       write the figures with their details
  --help            this text
`;

function readArguments() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      ...{ only: text, python: text, data: text, base: text, threads: text, kills: text, json: text },
      help: { type: 'boolean' },
    },
  });
  for (const name of ['threads', 'kills']) {
    if (values[name] === undefined) continue;
    values[name] = Number(values[name]);
    if (!Number.isInteger(values[name]) || values[name] < 1) throw new Error(`--${name} takes a number from 1`);
  }
  if (values.python !== undefined && spawnSync(values.python, ['--version']).status !== 0)
    throw new Error(`--python: ${values.python} is no Python that runs`);
  return values;
}

/** All figures: those with bars first, in the order of these, then the rest, then the kernels. */
function allFigures() {
  const order = Object.keys(BARS);
  const place = ({ name }) => (name in BARS ? order.indexOf(name) : order.length);
  const figures = [
    imdbStep,
    imdbBook,
    fitAround,
    floatRnn,
    stack4,
    graph,
    graphChain,
    masked,
    subnormal,
    infer,
    streams,
    gathered,
    overlap,
    isa,
    loopDelay,
    loopBuild,
    abortLatency,
    cli,
    serveBeside,
    serve,
    serveKill,
    filesLoad,
    memory,
    resume,
    install,
    ends,
  ].flat();
  figures.sort((a, b) => place(a) - place(b));
  return [...figures, ...kernelFigures()];
}

/** Measures one figure; what goes wrong becomes part of the result. */
async function measure({ name, unit, needsPython, run }, context) {
  const bar = BARS[name]?.bar ?? null;
  const result = (value, details) => ({ name, value, unit, bar, holds: holds(name, value), details });
  if (needsPython && context.python === undefined)
    return result(null, { skipped: 'needs the peers; name a Python that has them with --python' });
  say(name);
  try {
    const { value, skipped, details = {} } = await run(context);
    if (skipped !== undefined) return result(null, { ...details, skipped });
    if (!Number.isFinite(value)) throw new Error(`measured ${value}`);
    const figure = result(rounded(value, 5), details);
    // The bar on accuracy speaks of IMDB; a generated corpus has another.
    if (name.endsWith('.accuracy') && details.data === 'synthetic') figure.holds = null;
    return figure;
  } catch (error) {
    say(`  ${error.stack ?? error}`);
    return result(null, { error: String(error.message ?? error).split('\n')[0] });
  }
}

async function main() {
  const options = readArguments();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = select(allFigures(), options.only);
  const context = new Context(options);
  const figures = [];
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
    process.once(signal, () => {
      context.close();
      process.exit(128 + number); // the hooks on exit end our processes
    });
  }
  try {
    for (const figure of chosen) {
      figures.push(await measure(figure, context));
      // After each figure: an interrupted run keeps what it has.
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
    }
  } finally {
    context.close();
  }
  const cpu = os.cpus()[0]?.model.trim() ?? process.arch;
  process.stdout.write(`${cpu}, ${context.threads} threads, ${context.isa}\n${table(figures).join('\n')}\n`);
  return figures.some(({ details }) => details.error !== undefined) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
