// SPDX-License-Identifier: MIT
// A program that uses the published types, compiled by every TypeScript from 5.0 on (tools/check_types.mjs), with and
// without @types/node and `skipLibCheck`. It is never run.
import {
  Callback,
  CSVLogger,
  Dense,
  EarlyStopping,
  Embedding,
  Input,
  loadModel,
  LSTM,
  NdArray,
  OstinatoError,
  Sequential,
  TextVectorization,
  type ArrayInput,
  type FitOptions,
  type History,
} from 'ostinato';
import { createServer, type ModelServer, type ServerOptions } from 'ostinato/server';

class Counter extends Callback {
  epochs = 0;
  override onEpochEnd(epoch: number): void {
    this.epochs = epoch + 1;
  }
}

const model: Sequential = new Sequential([
  new Embedding(1000, 8, { maskZero: true }),
  new LSTM(4, { dropout: 0.1, returnSequences: false }),
  new Dense(1, { activation: 'sigmoid' }),
]);
model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });

export async function train(x: ArrayInput, y: Float32Array): Promise<number> {
  const options: FitOptions = {
    epochs: 2,
    callbacks: [new Counter(), new EarlyStopping('valLoss'), new CSVLogger('a.csv')],
  };
  const history: History = await model.fit(x, y, options);
  const [loss = NaN] = await model.evaluate(x, y, { verbose: 0 });
  const predicted: NdArray = await model.predict(x);
  const first: number | undefined = predicted.data[0];
  await model.save('model.safetensors', { overwrite: true });
  const loaded = await loadModel('model.safetensors');
  loaded.dispose();
  // @ts-expect-error units is a number
  new Dense('one');
  // @ts-expect-error there is no such option
  new LSTM(4, { returnSequence: true });
  const vectorize = new TextVectorization({ maxTokens: 100 });
  const ids = vectorize.call(['a text']);
  return loss + (first ?? 0) + (history.history['loss']?.[0] ?? 0) + ids.shape.length + new Input([3]).name.length;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof OstinatoError ? error.code : undefined;
}

export async function serve(options: ServerOptions): Promise<ModelServer> {
  const server = await createServer({ reviews: model, others: 'others.safetensors' }, options);
  const address: string = await server.listen({ port: 0 });
  server.log.info({ address, models: server.models }, 'serves');
  await server.load('reviews', 'reviews.safetensors');
  return server;
}
