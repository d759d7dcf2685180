// SPDX-License-Identifier: MIT
// Labels that nothing looks at, of masked timesteps and of the ignored class, against Keras: loss, metrics, a step.
import * as lib from '../../lib';
import { Dense, Embedding, GRU, Sequential, SGD, SparseCategoricalCrossentropy } from '../../lib';
import { expectClose } from '../reference/closeness';
import { given, readGolden, type Packed } from '../reference/golden';
import { floats, ids } from '../unit/contract/engine_model';

interface Case {
  name: string;
  masked: boolean;
  backwards: boolean;
  sequences: boolean;
  ignoreClass: number | null;
  batchSize: number;
  x: Packed;
  y: Packed;
  weights: Packed[];
  loss: number;
  metrics: Record<'accuracy' | 'top2' | 'entropy' | 'iou', number>;
  step: number;
  finalWeights: number[][];
}

/** Keras computes in float64; its MeanIoU in float32. */
const TOLERANCE = 5e-6;

test.each(readGolden<{ cases: Case[] }>('unseen_labels').cases.map((golden) => [golden.name, golden] as const))(
  '%s: loss, metrics and a step are those of Keras',
  async (_name, golden) => {
    const { masked, backwards, sequences, ignoreClass, batchSize, weights } = golden;
    const x = ids(given(golden.x), golden.x.shape);
    const y = floats(given(golden.y), golden.y.shape);
    const classes = weights.at(-1)!.shape[0]!;
    const model = new Sequential([
      new Embedding(weights[0]!.shape[0]!, weights[0]!.shape[1]!, { maskZero: masked }),
      new GRU(weights[2]!.shape[0]!, { returnSequences: sequences, goBackwards: backwards }),
      new Dense(classes, { activation: 'softmax' }),
    ]);
    model.build([null, golden.x.shape[1]!]);
    model.setWeights(weights.map((packed) => floats(given(packed), packed.shape)));
    const compile = () =>
      model.compile({
        optimizer: new SGD(0.5),
        loss: new SparseCategoricalCrossentropy({ ignoreClass }),
        metrics: [
          'accuracy',
          new lib.SparseTopKCategoricalAccuracy({ k: 2, name: 'top2' }),
          new lib.metrics.SparseCategoricalCrossentropy({ name: 'entropy' }),
          new lib.MeanIoU(classes, { sparseYPred: false, name: 'iou' }),
        ],
      });
    compile();
    const evaluated = await model.evaluate(x, y, { batchSize, verbose: 0, returnDict: true });
    const { loss, metrics } = golden;
    for (const [key, value] of Object.entries({ loss, ...metrics })) expectClose([evaluated[key]!], [value], TOLERANCE);
    compile();
    const [step] = await model.trainOnBatch(x, y);
    expectClose([step!], [golden.step], TOLERANCE);
    model.getWeights().forEach(({ data }, i) => expectClose(data, golden.finalWeights[i]!, TOLERANCE));
  },
);
