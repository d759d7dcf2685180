// SPDX-License-Identifier: MIT
// The service over HTTP: what it refuses, and what it does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, reviews, start, temporaryFolder } from './support/service.mjs';

const JSONL = 'application/jsonl';
const CSV = 'text/csv';
/** More than any test waits for. */
const LONG = { epochs: 1000, length: 30 };

test('texts that are none are refused with the lines that are wrong, and none of the body is kept', async (t) => {
  const service = await start(t, temporaryFolder(t));
  const cases = [
    ['text/plain', 'a text', 415, 'ERR_TYPE', /application\/jsonl.*text\/csv/],
    [JSONL, '', 400, 'ERR_DATA', /at least one text/],
    [CSV, '', 400, 'ERR_DATA', /at least one text/],
    [CSV, 'text,label\n', 400, 'ERR_DATA', /at least one text/],
    [JSONL, '{"text": "a"}\n{"text": 1}\n\n{"text": "b"', 400, 'ERR_DATA', /2 bad ones; line 2: .*received 1/],
    [JSONL, '{"text": "a", "label": 2}', 400, 'ERR_DATA', /label 0 or 1, received 2/],
    [JSONL, '{"text": "a", "label": true}', 400, 'ERR_DATA', /label 0 or 1, received true/],
    [JSONL, '{"text": " "}', 400, 'ERR_DATA', /line 1: expected a text/],
    [JSONL, '{"text": "a", "labl": 1}', 400, 'ERR_DATA', /received "labl"/],
    [JSONL, '{"text": "\\ud800"}', 400, 'ERR_DATA', /Unicode/],
    [JSONL, JSON.stringify({ text: 'a'.repeat(20_001) }), 400, 'ERR_DATA', /20000 characters, received 20001/],
    [JSONL, Buffer.from([0x22, 0xff, 0x22]), 400, 'ERR_DATA', /UTF-8/],
    ['application/json', '[{"text": "a"}, 3]', 400, 'ERR_DATA', /line 2/],
    ['application/json', '[', 400, 'ERR_DATA', /expected JSON/],
    [CSV, 'a,b\n1,2', 400, 'ERR_DATA', /columns text and label/],
    [CSV, 'text,text\na,b', 400, 'ERR_DATA', /columns text and label/],
    [CSV, 'text,label\na,1\nb', 400, 'ERR_DATA', /expected CSV/],
    [CSV, 'text,label\na,1\nb,yes', 400, 'ERR_DATA', /line 3: .*received "yes"/],
    [CSV, 'text\n"a', 400, 'ERR_DATA', /expected CSV/],
  ];
  for (const [type, body, status, code, message] of cases) {
    const { status: received, json } = await service.ask('POST', '/texts', body, type);
    assert.deepEqual([received, json.code], [status, code], `${type} ${body}`);
    assert.match(json.error, message);
  }
  const { json } = await service.ask('POST', '/texts', '{"text": "a"}\n{"text": 1}\n\n{"text": "b"', JSONL);
  assert.deepEqual(
    json.lines.map(({ line }) => line),
    [2, 4],
  );
  assert.equal(await service.announce('/texts', 5 << 20), 413);
  assert.equal((await service.get('/texts')).counts.texts, 0);
});

test('other calls that make no sense are refused, each with a code', async (t) => {
  const service = await start(t, temporaryFolder(t));
  await service.ask('POST', '/texts', '{"text": "a"}', JSONL);
  const cases = [
    ['GET', '/texts?label=2', undefined, 400, 'ERR_CONFIG'],
    ['GET', '/texts?limit=0', undefined, 400, 'ERR_CONFIG'],
    ['GET', '/texts?limit=501', undefined, 400, 'ERR_CONFIG'],
    ['GET', '/texts?after=-1', undefined, 400, 'ERR_CONFIG'],
    ['GET', '/texts?lable=1', undefined, 400, 'ERR_UNKNOWN_OPTION'],
    ['POST', '/texts/1/label', { label: '1' }, 400, 'ERR_CONFIG'],
    ['POST', '/texts/1/label', {}, 400, 'ERR_CONFIG'],
    ['POST', '/texts/1/label', [1], 400, 'ERR_CONFIG'],
    ['POST', '/texts/1/label', '{', 400, 'ERR_DATA'],
    ['POST', '/texts/1/label', undefined, 400, 'ERR_DATA'],
    ['POST', '/texts/2/label', { label: 1 }, 404, 'ERR_NOT_FOUND'],
    ['POST', '/texts/one/label', { label: 1 }, 404, 'ERR_NOT_FOUND'],
    ['POST', '/trainings', { epoch: 1 }, 400, 'ERR_UNKNOWN_OPTION'],
    ['POST', '/trainings', { epochs: 0 }, 400, 'ERR_CONFIG'],
    ['POST', '/trainings', { epochs: 1.5 }, 400, 'ERR_CONFIG'],
    ['POST', '/trainings', { seed: '1' }, 400, 'ERR_CONFIG'],
    ['POST', '/trainings', { learningRate: null }, 400, 'ERR_CONFIG'],
    ['POST', '/trainings', undefined, 409, 'ERR_STATE'],
    ['DELETE', '/trainings/current', undefined, 404, 'ERR_NOT_FOUND'],
    ['POST', '/versions/1/current', undefined, 404, 'ERR_NOT_FOUND'],
    ['GET', '/confusion', undefined, 404, 'ERR_NOT_FOUND'],
    ['GET', '/confusion?version=x', undefined, 404, 'ERR_NOT_FOUND'],
    ['POST', '/score', { text: 'a film' }, 404, 'ERR_NOT_FOUND'],
    ['POST', '/score', { text: '' }, 400, 'ERR_CONFIG'],
    ['POST', '/score', { text: 'a '.repeat(501) }, 400, 'ERR_CONFIG'],
    ['PUT', '/texts', undefined, 404, 'ERR_NOT_FOUND'],
  ];
  for (const [method, url, body, status, code] of cases) {
    const { status: received, json } = await service.ask(method, url, body);
    assert.deepEqual([received, json.code], [status, code], `${method} ${url} ${JSON.stringify(body)}`);
  }
  const response = await fetch(`${service.address}/trainings`, {
    method: 'POST',
    headers: { origin: 'http://a.test' },
  });
  assert.equal(response.status, 403);
  assert.deepEqual((await service.get('/trainings/current')).training, null);
});

test('a second process is refused the folder of the first', async (t) => {
  const folder = temporaryFolder(t);
  await start(t, folder);
  await assert.rejects(start(t, folder), /locked/);
});

test('texts come as JSON Lines, CSV and JSON; one that is known is not added again, and its last label counts', async (t) => {
  const service = await start(t, temporaryFolder(t));
  const post = async (body, type) => (await service.ask('POST', '/texts', body, type)).json;
  assert.deepEqual(await post('{"text": "one", "label": 1}\n{"text": "two"}\r\n', JSONL), {
    added: 2,
    labelled: 1,
    ids: [1, 2],
  });
  const csv = '\ufefflabel,text\r\n0,"two, ""quoted""\r\nlines"\r\n,three\r\n1,two\r\n';
  assert.deepEqual(await post(csv, CSV), { added: 2, labelled: 2, ids: [3, 4, 2] });
  assert.deepEqual(
    await post([
      { text: 'one', label: 0 },
      { text: 'four', label: null },
    ]),
    {
      added: 1,
      labelled: 1,
      ids: [1, 5],
    },
  );
  assert.deepEqual((await service.ask('POST', '/texts/5/label', { label: 1 })).json, { id: 5, label: 1 });
  const { counts, texts } = await service.get('/texts');
  assert.deepEqual(
    texts.map(({ text, label }) => [text, label]),
    [
      ['one', 0],
      ['two', 1],
      ['two, "quoted"\r\nlines', 0],
      ['three', null],
      ['four', 1],
    ],
  );
  assert.equal(counts.train + counts.held, 4);
  assert.deepEqual(
    (await service.get('/texts?label=none')).texts.map(({ id }) => id),
    [4],
  );
  assert.deepEqual(
    (await service.get('/texts?after=1&limit=2')).texts.map(({ id }) => id),
    [2, 3],
  );
});

test('a training is watched from its beginning, and what it makes is served, compared and taken back', async (t) => {
  const service = await start(t, temporaryFolder(t));
  const rows = reviews(400);
  await service.ask('POST', '/texts', jsonLines(rows), JSONL);
  const { status, json } = await service.ask('POST', '/trainings', { epochs: 6, length: 30, seed: 3 });
  assert.equal(status, 202);

  const curves = {};
  let progress;
  let last;
  for await (const { event, data } of service.events()) {
    if (event === 'training') {
      for (const [key, values] of Object.entries(data.curves)) curves[key] = [...values];
      last = data.training;
      if (last.state !== 'running') break;
    } else {
      ({ progress } = data);
      for (const [key, values] of Object.entries(data.more)) (curves[key] ??= []).push(...values);
    }
  }
  assert.deepEqual([last.id, last.state], [json.id, 'done']);
  assert.equal(progress.batch, progress.batches);
  assert.deepEqual(
    curves.batches,
    Array.from({ length: progress.batches }, (_, i) => i + 1),
  );
  assert.equal(curves.valLoss.length, 6);
  assert.ok(curves.valLoss.at(-1) < curves.valLoss[0]);

  const first = await service.get('/versions');
  assert.equal(first.current, 1);
  const [version] = first.versions;
  assert.ok(version.accuracy > 0.9, `accuracy ${version.accuracy}`);
  const confusion = await service.get('/confusion');
  const { counts } = await service.get('/texts');
  assert.equal(
    confusion.confusion.flat().reduce((a, b) => a + b),
    counts.held,
  );

  // After every word: what `predict` says of the text up to there, to the bit.
  const text = 'this film was lovely,  but awful and dull';
  const { json: scored } = await service.ask('POST', '/score', { text });
  assert.deepEqual(
    scored.words.map(({ word }) => word),
    text.split(/\s+/),
  );
  const upTo = ['this film was lovely,', text];
  const { json: predicted } = await service.ask('POST', '/models/sentiment/predict', { inputs: upTo });
  assert.deepEqual(predicted.outputs.flat(), [scored.words[3].score, scored.score]);
  assert.ok(scored.words[3].score > 0.5 && scored.score < 0.5);

  // A worse one is kept, not served; both are measured on the same rows. Then it is chosen, and the first comes back.
  await service.ask('POST', '/texts', jsonLines(reviews(40, 1000)), JSONL);
  await service.ask('POST', '/trainings', { epochs: 1, length: 30, learningRate: 1e-6, seed: 4 });
  await service.trained();
  const second = await service.get('/versions');
  assert.deepEqual([second.current, second.versions.map(({ id }) => id)], [1, [2, 1]]);
  assert.equal(second.versions[0].rows, second.versions[1].rows);
  assert.ok(second.versions[1].rows > version.rows);
  for (const id of [2, 1]) {
    await service.ask('POST', `/versions/${id}/current`);
    assert.equal((await service.get('/versions')).current, id);
    assert.equal((await service.ask('POST', '/score', { text })).json.version, id);
  }
  assert.deepEqual((await service.ask('POST', '/score', { text })).json, scored);
});

test('a training is cancelled within a moment, one at a time runs, and the loop answers meanwhile', async (t) => {
  const service = await start(t, temporaryFolder(t));
  await service.ask('POST', '/texts', jsonLines(reviews(400)), JSONL);
  await service.ask('POST', '/trainings', LONG);
  assert.equal((await service.ask('POST', '/trainings', LONG)).json.code, 'ERR_BUSY');
  await sleep(200);
  assert.equal((await service.ask('POST', '/texts/1/label', { label: 1 })).status, 200);
  const { json } = await service.ask('DELETE', '/trainings/current');
  assert.equal(json.training.state, 'cancelled');
  assert.deepEqual((await service.get('/versions')).versions, []);
  assert.equal((await service.ask('POST', '/trainings', { ...LONG, epochs: 1 })).status, 202);
  assert.equal((await service.trained()).state, 'done');
});

test('texts without a word end a training as failed, and the service goes on', async (t) => {
  const service = await start(t, temporaryFolder(t));
  const rows = Array.from({ length: 60 }, (_, i) => ({ text: '!'.repeat(i + 1), label: i % 2 }));
  await service.ask('POST', '/texts', jsonLines(rows), JSONL);
  await service.ask('POST', '/trainings');
  const training = await service.trained();
  assert.equal(training.state, 'failed');
  assert.match(training.error, /TextVectorization/);
  assert.equal((await service.ask('POST', '/trainings')).status, 202);
});

test('clients of events that go away cost nothing, and none holds the end up', async (t) => {
  const service = await start(t, temporaryFolder(t));
  await service.ask('POST', '/texts', jsonLines(reviews(400)), JSONL);
  await service.ask('POST', '/trainings', LONG);
  for (let i = 0; i < 20; i++) for await (const { event } of service.events()) if (event === 'progress') break;
  const watching = service.events();
  await watching.next();
  const begin = performance.now();
  assert.equal(await service.kill('SIGTERM'), 0);
  assert.ok(performance.now() - begin < 5000);
});
