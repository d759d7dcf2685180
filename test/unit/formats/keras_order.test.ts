// SPDX-License-Identifier: MIT
// The order that Keras gives the layers of a graph, which paths of weights follow.
import { Dense, Input, Masking, Model, type SymbolicTensor } from '../../../lib';
import { orderedLayers } from '../../../lib/formats/keras_config/to_graph';

const namesOf = (model: Model): unknown[] => orderedLayers(model.getConfig()).map(({ config }) => config['name']);

const dense = (name: string, x: SymbolicTensor): SymbolicTensor => new Dense(3, { name }).apply(x);

it('counts the operations that make the mask of a model within: as Keras 3.15 lists the layers of the file', () => {
  const x = new Input([4, 3], { name: 'x' });
  const within = new Input([null, 3]);
  const inner = new Model(within, dense('within', within), { name: 'inner' });
  const masked = new Masking({ name: 'masking' }).apply(dense('before', x));
  const chain = dense('c3', dense('c2', dense('c1', x)));
  const model = new Model(x, [chain, inner.apply(masked)]);
  // [layer.name for layer in keras.saving.load_model(path).layers]
  expect(namesOf(model)).toEqual(['x', 'before', 'c1', 'c2', 'masking', 'c3', 'inner']);
});

it('goes by depth, then as a walk from the outputs meets them', () => {
  const x = new Input([4, 3], { name: 'x' });
  const short = dense('short', x);
  const long = dense('end', dense('middle', dense('first', x)));
  expect(namesOf(new Model(x, [short, long]))).toEqual(['x', 'first', 'middle', 'short', 'end']);
});
