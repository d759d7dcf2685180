// SPDX-License-Identifier: MIT
// Ours against the peers, turn by turn, so that all of them see the same machine.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './context.mjs';
import { LineProcess } from './line_process.mjs';
import { ROOT } from './ours.mjs';
import { median, milliseconds, rounded } from './statistics.mjs';

/** Threads of a peer (OpenMP's, Eigen's) may spin for a while after its turn; ours shall not pay for it. */
const SETTLE = 250;

/** One peer in its own process, sharing our interface: `step()` resolves to the seconds of one step. */
class Peer {
  seconds = [];
  answers = [];
  #process;
  #steps = 1;

  constructor(name, process, version) {
    this.name = name;
    this.version = version;
    this.#process = process;
  }

  /** Chooses the length of a turn. */
  async warmUp(turnSeconds) {
    if (turnSeconds === 0) return;
    const { seconds, steps } = await this.#process.ask('run 3');
    this.#steps = Math.max(1, Math.min(100000, Math.round((turnSeconds * steps) / seconds)));
  }

  async turn() {
    const answer = await this.#process.ask(`run ${this.#steps}`);
    this.answers.push(answer);
    this.seconds.push(answer.seconds / answer.steps);
  }

  quit() {
    return this.#process.quit();
  }
}

/** Starts peers one after another; `missing` says in a word why some are not there. */
async function startPeers(context, { peerCase, peers, flags }) {
  const started = [];
  const missing = {};
  for (const entry of peers) {
    const { peer, label = peer, threads = context.threads } = typeof entry === 'string' ? { peer: entry } : entry;
    say(`  starting ${label}`);
    const script = path.join(ROOT, 'bench', 'versus', 'peer.py');
    const command = [context.python, script, '--peer', peer, '--case', peerCase, '--threads', `${threads}`, ...flags];
    const line = new LineProcess(command);
    try {
      const answer = await line.answer();
      if (answer.ready) started.push(new Peer(label, line, answer.version));
      else missing[label] = answer.missing;
    } catch (error) {
      missing[label] = error.message.split('\n').filter(Boolean).slice(-1)[0] ?? 'failed';
    }
    if (missing[label] !== undefined) {
      say(`  ${label}: ${missing[label]}`);
      await line.quit();
    }
  }
  return { started, missing };
}

/**
 * Best peer's time of a step over ours.
 *
 * @param ours `step()` resolves to the seconds of one step
 * @param options
 *   peerCase, peers, flags: what bench/versus/peer.py is started with
 *   rounds: turns of each; turnSeconds: about how long a peer's turn lasts (0: one step)
 *   summary: how turns become one number, for both sides alike
 *   judged: the peers that count for `value` (default all); the rest is told in the details
 */
export async function contest(
  context,
  ours,
  { peerCase, peers, flags = [], rounds = 7, turnSeconds = 1.5, summary = median, judged = () => true },
) {
  const { started, missing } = await startPeers(context, { peerCase, peers, flags });
  try {
    if (!started.some((peer) => judged(peer.name))) return { skipped: 'no peer could run', details: { missing } };
    const seconds = [];
    for (const peer of started) await peer.warmUp(turnSeconds);
    for (let round = 0; round < rounds; round++) {
      for (const peer of started) await peer.turn();
      await sleep(SETTLE);
      seconds.push(await ours.step());
      const shown = started.map((peer) => `${peer.name} ${rounded(peer.seconds.at(-1) * 1e3)}`).join(', ');
      say(`  round ${round + 1} of ${rounds}, ms: ours ${rounded(seconds.at(-1) * 1e3)}, ${shown}`);
    }
    const time = summary(seconds);
    const counted = started.filter((peer) => judged(peer.name));
    const best = counted.reduce((a, b) => (summary(b.seconds) < summary(a.seconds) ? b : a));
    return {
      value: summary(best.seconds) / time,
      details: {
        best: best.name,
        ratioOfBest: rounded(Math.min(...counted.flatMap((peer) => peer.seconds)) / Math.min(...seconds)),
        ours: milliseconds(seconds),
        peers: Object.fromEntries(
          started.map((peer) => [
            peer.name,
            {
              version: peer.version,
              ...milliseconds(peer.seconds),
              ratio: rounded(summary(peer.seconds) / time),
              last: peer.answers.at(-1),
            },
          ]),
        ),
        missing,
        threads: context.threads,
        isa: context.isa,
      },
    };
  } finally {
    for (const peer of started) await peer.quit();
  }
}

export const TRAINING_PEERS = Object.freeze(['keras-tensorflow', 'keras-jax', 'torch', 'jax']);
