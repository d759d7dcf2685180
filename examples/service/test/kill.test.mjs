// SPDX-License-Identifier: MIT
// kill -9: nothing that was acknowledged is lost, and a training goes on to the bits of one that was left alone.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, reviews, start, temporaryFolder } from './support/service.mjs';

const JSONL = 'application/jsonl';
const SETTINGS = Object.freeze({ epochs: 30, length: 30, seed: 5, saveEvery: 3 });

test('a training that is killed again and again ends in the bits and the curves of one that was not', async (t) => {
  const rows = reviews(400);
  const [quietFolder, folder] = [temporaryFolder(t), temporaryFolder(t)];
  const quiet = await start(t, quietFolder);
  await quiet.ask('POST', '/texts', jsonLines(rows), JSONL);
  await quiet.ask('POST', '/trainings', SETTINGS);
  await quiet.trained();

  let service = await start(t, folder);
  await service.ask('POST', '/texts', jsonLines(rows), JSONL);
  await service.ask('POST', '/trainings', SETTINGS);
  let kills = 0;
  let reached = 0;
  while (kills < 4) {
    let isRunning = false;
    for await (const { event, data } of service.events()) {
      if (event === 'training') isRunning = data.training.state === 'running';
      if (!isRunning || (event === 'progress' && data.progress.batch > reached + 10)) {
        reached = data.progress?.batch ?? reached;
        break;
      }
    }
    assert.ok(isRunning, 'the training is over before it is killed');
    // What comes meanwhile is for the next training.
    await service.ask('POST', '/texts', jsonLines(reviews(5, 1000 + 5 * kills)), JSONL);
    await service.ask('POST', '/texts/1/label', { label: kills % 2 });
    await service.kill();
    kills++;
    service = await start(t, folder);
  }
  assert.equal((await service.trained()).state, 'done');
  const bytes = (where) => readFileSync(path.join(where, 'version-1.safetensors'));
  assert.ok(bytes(folder).equals(bytes(quietFolder)), 'other bits');
  const curves = async (of) => {
    for await (const { data } of of.events()) return data.curves;
  };
  assert.deepEqual(await curves(service), await curves(quiet));
  assert.deepEqual(readdirSync(folder).sort(), readdirSync(quietFolder).sort());
  assert.equal((await service.get('/versions')).current, 1);
});

test('texts, labels and the choice of a version that were acknowledged are there after a kill', async (t) => {
  const folder = temporaryFolder(t);
  let service = await start(t, folder);
  const { ids } = (await service.ask('POST', '/texts', jsonLines(reviews(200)), JSONL)).json;
  for (const seed of [1, 2]) {
    await service.ask('POST', '/trainings', { epochs: 2, length: 30, seed });
    await service.trained();
  }
  const { current } = await service.get('/versions');
  const other = 3 - current;
  const score = (await service.ask('POST', '/score', { text: 'a fine film' })).json.score;
  await service.ask('POST', `/versions/${other}/current`);
  await service.ask('POST', `/texts/${ids[7]}/label`, { label: 1 });
  await service.ask('POST', `/texts/${ids[8]}/label`, { label: 0 });
  await service.kill();
  service = await start(t, folder);
  const { counts, texts } = await service.get('/texts?limit=500');
  assert.equal(counts.texts, 200);
  assert.deepEqual([texts[7].label, texts[8].label], [1, 0]);
  assert.equal((await service.get('/versions')).current, other);
  await service.ask('POST', `/versions/${current}/current`);
  assert.equal((await service.ask('POST', '/score', { text: 'a fine film' })).json.score, score);
});

test('an orderly end in the middle of a training is no end of it', async (t) => {
  const folder = temporaryFolder(t);
  let service = await start(t, folder);
  await service.ask('POST', '/texts', jsonLines(reviews(200)), JSONL);
  await service.ask('POST', '/trainings', { ...SETTINGS, epochs: 60 });
  await sleep(200);
  assert.equal(await service.kill('SIGTERM'), 0);
  service = await start(t, folder);
  assert.equal((await service.get('/trainings/current')).training.state, 'running');
  await service.ask('DELETE', '/trainings/current');
  await service.kill();
  service = await start(t, folder);
  assert.equal((await service.get('/trainings/current')).training.state, 'cancelled');
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith('service.db')),
    [],
  );
});

test('where the file of the version in service is damaged, the newest that is whole is served', async (t) => {
  const folder = temporaryFolder(t);
  let service = await start(t, folder);
  await service.ask('POST', '/texts', jsonLines(reviews(200)), JSONL);
  for (const seed of [1, 2]) {
    await service.ask('POST', '/trainings', { epochs: 1, length: 30, seed });
    await service.trained();
  }
  await service.ask('POST', '/versions/2/current');
  await service.kill();
  truncateSync(path.join(folder, 'version-2.safetensors'), 1000);
  service = await start(t, folder);
  const { current, switches } = await service.get('/versions');
  assert.equal(current, 1);
  assert.match(switches[0].reason, /version 2 cannot be loaded/);
  assert.equal((await service.ask('POST', '/score', { text: 'a fine film' })).json.version, 1);
  const { status } = await service.ask('POST', '/versions/2/current');
  assert.equal(status, 400);
  assert.equal((await service.get('/versions')).current, 1);

  // One that cannot be measured any more is no rival.
  truncateSync(path.join(folder, 'version-1.safetensors'), 1000);
  await service.ask('POST', '/trainings', { epochs: 1, length: 30, learningRate: 1e-6 });
  assert.equal((await service.trained()).state, 'done');
  assert.equal((await service.get('/versions')).current, 3);
});
