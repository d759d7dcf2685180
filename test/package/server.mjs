// SPDX-License-Identifier: MIT
// `ostinato/server` from the installed package: without its peers it says what to install, with them it serves, and its
// errors are of the classes of `ostinato`. The last line says what held.
import { ConfigError, Dense, Input, Sequential, StateError } from 'ostinato';
import { createServer } from 'ostinato/server';

const refused = await createServer({}).catch((error) => error);
if (refused instanceof Error) {
  const isTold = refused instanceof StateError && /npm install fastify ws prom-client/.test(refused.message);
  console.log(JSON.stringify({ isTold }));
} else {
  await refused.close();
  const wrong = await createServer({}, { maxBodies: 1 }).catch((error) => error);
  const model = new Sequential([new Input([1]), new Dense(1)]);
  const server = await createServer({ model });
  const address = await server.listen({ port: 0 });
  const response = await fetch(`${address}/models/model/predict`, { method: 'POST', body: '{"inputs": [[0]]}' });
  const { outputs } = await response.json();
  await server.close();
  console.log(JSON.stringify({ isShared: wrong instanceof ConfigError, serves: outputs[0][0] === 0 }));
}
