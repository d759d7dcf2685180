// SPDX-License-Identifier: MIT
// The paths of the service. Those of the server (`/models/sentiment/predict`, `/v2`, `/metrics`) are there already.
import { addPage } from './page.mjs';
import { Refusal, refuse, shown } from './refusal.mjs';
import { readLabel, readTexts } from './texts.mjs';
import { NAME } from './versions.mjs';

const MAX_BODY = 4 << 20;
const MAX_LISTED = 500;
const MAX_SCORED = Object.freeze({ words: 500, characters: 10_000 });

export function addRoutes(app, { store, trainings, versions, events }) {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, next) =>
      next(null, body),
    );
    scope.setErrorHandler((error, _request, reply) => {
      // Other errors are for the handler of the server.
      if (!(error instanceof Refusal)) throw error;
      return reply.code(error.status).send({ error: error.message, code: error.code, ...error.details });
    });
    scope.addHook('onRequest', refuseOtherSites);
    addTexts(scope, store);
    addTrainings(scope, trainings, events);
    addVersions(scope, store, versions);
    addScore(scope, versions);
    addPage(scope);
    done();
  });
}

/** There is no authentication: at least no page of another site acts through the browser of a user. */
async function refuseOtherSites({ headers: { origin, host } }) {
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return;
  throw new Refusal(403, 'ERR_STATE', 'request', 'a page of this service', shown(origin));
}

function addTexts(app, store) {
  app.post('/texts', ({ headers, body }, reply) => {
    const added = store.addTexts(readTexts(headers['content-type'], body));
    return reply.code(201).send(added);
  });

  app.get('/texts', ({ query }) => {
    const where = 'GET /texts';
    const { label, after = '0', limit = '50', ...others } = query;
    assertNone(where, others, 'label, after, limit');
    const labels = { 0: 0, 1: 1, none: null };
    if (label !== undefined && !Object.hasOwn(labels, label)) throw refuse(where, 'label 0, 1 or none', label);
    return {
      counts: store.counts(),
      texts: store.texts({
        label: label === undefined ? undefined : labels[label],
        after: integer(where, 'after', after, 0, Number.MAX_SAFE_INTEGER),
        limit: integer(where, 'limit', limit, 1, MAX_LISTED),
      }),
    };
  });

  app.post('/texts/:id/label', ({ params, body }, reply) => {
    const where = 'POST /texts/ID/label';
    const { label, ...others } = jsonOf(where, body);
    assertNone(where, others, 'label');
    if (readLabel(label) === undefined) throw refuse(where, 'label 0 or 1', label);
    if (!store.label(idOf(where, 'a text', params.id), label)) throw unknown(where, 'a text', params.id);
    return reply.send({ id: Number(params.id), label });
  });
}

function addTrainings(app, trainings, events) {
  app.post('/trainings', ({ body }, reply) => {
    const settings = body === undefined || body.length === 0 ? {} : jsonOf('POST /trainings', body);
    return reply.code(202).send(trainings.begin(settings));
  });
  app.get('/trainings/current', () => ({ training: trainings.newest() ?? null }));
  app.delete('/trainings/current', async () => ({ training: await trainings.cancel() }));
  app.get('/trainings/current/events', (_request, reply) => {
    reply.hijack();
    events.join(reply.raw);
  });
  app.addHook('preClose', (done) => {
    events.close();
    done();
  });
}

function addVersions(app, store, versions) {
  const shownVersion = ({ file: _file, ...version }) => version;

  app.get('/versions', () => ({
    current: store.current()?.id ?? null,
    versions: store.versions().map(shownVersion),
    switches: store.switches(),
  }));

  app.post('/versions/:id/current', async ({ params }) => {
    const where = 'POST /versions/ID/current';
    const version = store.version(idOf(where, 'a version', params.id));
    if (version === undefined) throw unknown(where, 'a version', params.id);
    await versions.serve(version, () => store.addSwitch(version.id, 'chosen'));
    return { current: version.id };
  });

  app.get('/confusion', ({ query }) => {
    const where = 'GET /confusion';
    const { version: asked, ...others } = query;
    assertNone(where, others, 'version');
    const version = asked === undefined ? store.current() : store.version(idOf(where, 'a version', asked));
    if (version === undefined) throw unknown(where, 'a version', asked ?? 'none');
    const { id, rows, accuracy, confusion } = version;
    return { version: id, rows, accuracy, confusion };
  });
}

/**
 * The score of a text after each of its words: the text up to there is what the model is asked, all of them in one batch. So
 * each is what `/models/sentiment/predict` says of that text, to the bit.
 */
function addScore(app, versions) {
  app.post('/score', async ({ body }, reply) => {
    const where = 'POST /score';
    const { text, ...others } = jsonOf(where, body);
    assertNone(where, others, 'text');
    if (typeof text !== 'string' || text.trim() === '') throw refuse(where, 'a text', text);
    const words = [...text.matchAll(/\S+/g)];
    if (words.length > MAX_SCORED.words || text.length > MAX_SCORED.characters)
      throw refuse(where, `at most ${MAX_SCORED.words} words and ${MAX_SCORED.characters} characters`, text.length);
    const inputs = words.map(({ 0: word, index }) => text.slice(0, index + word.length));
    const answer = await app.inject({
      method: 'POST',
      url: `/models/${NAME}/predict`,
      payload: JSON.stringify({ inputs }),
    });
    const result = answer.json();
    if (answer.statusCode !== 200) return reply.code(answer.statusCode).send(result);
    const scores = result.outputs.map(([score], index) => ({ word: words[index][0], score }));
    return { version: versions.servedAs(result.version), score: scores.at(-1).score, words: scores };
  });
}

function jsonOf(where, body) {
  let value;
  try {
    value = JSON.parse(body?.toString() ?? '');
  } catch (error) {
    throw new Refusal(400, 'ERR_DATA', where, 'JSON', error.message);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw refuse(where, 'an object', value);
}

function assertNone(where, others, names) {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new Refusal(400, 'ERR_UNKNOWN_OPTION', where, names, shown(name));
}

function integer(where, name, text, least, greatest) {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= greatest) return value;
  throw refuse(where, `${name} from ${least} to ${greatest}`, text);
}

function idOf(where, what, text) {
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw unknown(where, what, text);
}

function unknown(where, what, id) {
  return new Refusal(404, 'ERR_NOT_FOUND', where, `the number of ${what}`, shown(id));
}
