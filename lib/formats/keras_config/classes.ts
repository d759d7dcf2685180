// SPDX-License-Identifier: MIT
// How Keras spells each class and its options. Options are listed in this library's spelling; Keras' is snake_case, unless
// `renamed` says otherwise. A class that is not listed here does not exist for files of Keras.

/** What a value of a config stands for. */
export type Kind =
  'layer' | 'cell' | 'initializer' | 'regularizer' | 'constraint' | 'loss' | 'metric' | 'optimizer' | 'schedule';

/** One class. */
export interface Spelling {
  readonly className: string;
  readonly kind: Kind;
  /** The name in Keras, where it is another. */
  readonly kerasName?: string;
  /** Options that both have. */
  readonly options: readonly string[];
  /** Keras' name of an option, where it is not that of this library in snake_case. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Options that Keras alone has, and their values that mean what this library does. They are not written. */
  readonly fixed?: Readonly<Record<string, readonly unknown[]>>;
  /** Options that this library alone has, and that change nothing that is computed. They are not written. */
  readonly own?: readonly string[];
  /** Options that Keras takes and leaves out of its configs where they are null: so they are written. */
  readonly optional?: readonly string[];
  /** Whether the output has the mask of what the layer reads first, whatever else it reads. */
  readonly handsMaskOn?: true;
  /** Weights of the layer itself in Keras' order, in files' spelling. */
  readonly weights?: (config: Config) => readonly string[];
  /** Where Keras has the weights: that of the layer itself, or of its cell. */
  readonly weightsAt?: 'cell';
  /** Layers within the layer, in the order of their weights. */
  readonly parts?: (config: Config) => readonly PartSpelling[];
}

export type Config = Readonly<Record<string, unknown>>;

/** A layer within another. */
export interface PartSpelling {
  /** Where Keras has it. */
  readonly path: string;
  /** Nothing where a file lacks it: the class itself refuses that. */
  readonly described: { readonly className: string; readonly config: Config } | null | undefined;
}

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

/** Options of every layer. */
export const LAYER_OPTIONS = words('name trainable');
/** What this library alone has in configs of layers. */
export const LAYER_OWN = words('automaticName inputShape');

const CHANNELS_LAST = { data_format: ['channels_last', null] };
const FANS = { input_axes: [null], output_axes: [null] };
const LAST_AXIS = { axis: [-1] };

const KERNEL = 'kernelInitializer kernelRegularizer kernelConstraint';
const BIAS = 'useBias biasInitializer biasRegularizer biasConstraint';
const RECURRENT_KERNEL = 'recurrentInitializer recurrentRegularizer recurrentConstraint';
const CELL = `units activation ${KERNEL} ${RECURRENT_KERNEL} ${BIAS} dropout recurrentDropout seed`;
const SEQUENCES = 'returnSequences returnState goBackwards stateful unroll zeroOutputForMask activityRegularizer';

const kernelAndBias = ({ useBias }: Config): readonly string[] => (useBias === false ? ['kernel'] : ['kernel', 'bias']);
const recurrentWeights = ({ useBias }: Config): readonly string[] =>
  useBias === false ? ['kernel', 'recurrent_kernel'] : ['kernel', 'recurrent_kernel', 'bias'];
const affine = ({ center, scale }: Config): readonly string[] => [
  ...(scale === false ? [] : ['gamma']),
  ...(center === false ? [] : ['beta']),
];

type Rest = Omit<Spelling, 'className' | 'kind' | 'options'>;

const layer = (className: string, options = '', rest: Rest = {}): Spelling => ({
  className,
  kind: 'layer',
  options: [...LAYER_OPTIONS, ...words(options)],
  ...rest,
});

const recurrent = (className: string, options: string, rest: Rest = {}): Spelling =>
  layer(className, `${CELL} ${SEQUENCES} ${options}`, { weights: recurrentWeights, weightsAt: 'cell', ...rest });

const cell = (className: string, options = ''): Spelling => ({
  className,
  kind: 'cell',
  options: [...LAYER_OPTIONS, ...words(`${CELL} ${options}`)],
  weights: recurrentWeights,
});

type Described = NonNullable<PartSpelling['described']>;

/** The cells of an `RNN`. Keras counts those of one class. */
function cellParts({ cell: given }: Config): readonly PartSpelling[] {
  const described = given as Described | undefined;
  if (described?.className !== 'StackedRNNCells') return [{ path: 'cell', described }];
  const counted = uniqueNames();
  const cells = described.config['cells'];
  return (Array.isArray(cells) ? (cells as readonly Described[]) : []).map((each) => ({
    path: `cell/cells/${counted(each.className)}`,
    described: each,
  }));
}

/** Projections are named in the layer, and have no configs of their own. */
function projections({ useBias }: Config): readonly PartSpelling[] {
  const paths = { query: 'query_dense', key: 'key_dense', value: 'value_dense', attention_output: 'output_dense' };
  return Object.entries(paths).map(([name, path]) => ({
    path,
    described: { className: 'EinsumDense', config: { name, useBias } },
  }));
}

const LAYERS: readonly Spelling[] = [
  layer('Activation', 'activation', { handsMaskOn: true }),
  layer('ActivityRegularization', 'l1 l2', { handsMaskOn: true }),
  layer('Add'),
  layer('Average'),
  layer('AdditiveAttention', 'useScale dropout seed', {
    handsMaskOn: true,
    weights: ({ useScale }) => (useScale === false ? [] : ['scale']),
  }),
  layer('Attention', 'useScale scoreMode dropout seed', {
    handsMaskOn: true,
    weights: ({ useScale, scoreMode }) => [
      ...(useScale === true ? ['scale'] : []),
      ...(scoreMode === 'concat' ? ['concat_score_weight'] : []),
    ],
  }),
  layer('AveragePooling1D', 'poolSize strides padding', { fixed: CHANNELS_LAST }),
  layer(
    'BatchNormalization',
    `axis momentum epsilon center scale betaInitializer gammaInitializer movingMeanInitializer movingVarianceInitializer
     betaRegularizer gammaRegularizer betaConstraint gammaConstraint`.replace(/\s+/g, ' '),
    {
      handsMaskOn: true,
      fixed: { synchronized: [false], renorm: [false], renorm_clipping: [null], renorm_momentum: [0.99] },
      weights: (config) => [...affine(config), 'moving_mean', 'moving_variance'],
    },
  ),
  layer('Bidirectional', 'mergeMode layer backwardLayer', {
    parts: ({ layer: forward, backwardLayer }) => [
      { path: 'forward_layer', described: forward as Described },
      { path: 'backward_layer', described: backwardLayer as Described },
    ],
  }),
  layer('Concatenate', 'axis'),
  layer(
    'Conv1D',
    `filters kernelSize strides padding dilationRate groups activation ${KERNEL} ${BIAS} activityRegularizer`,
    { fixed: CHANNELS_LAST, weights: kernelAndBias },
  ),
  layer('Cropping1D', 'cropping'),
  layer('Dense', `units activation ${KERNEL} ${BIAS} activityRegularizer`, {
    handsMaskOn: true,
    fixed: { quantization_config: [null], lora_rank: [null] },
    weights: kernelAndBias,
  }),
  layer('Dot', 'axes normalize'),
  layer('Dropout', 'rate seed', { handsMaskOn: true, fixed: { noise_shape: [null] } }),
  // Within MultiHeadAttention alone.
  { className: 'EinsumDense', kind: 'layer', options: ['name', 'useBias'], weights: kernelAndBias },
  layer('ELU', 'alpha', { handsMaskOn: true }),
  layer(
    'Embedding',
    'inputDim outputDim maskZero embeddingsInitializer embeddingsRegularizer embeddingsConstraint activityRegularizer',
    {
      fixed: { quantization_config: [null], lora_rank: [null] },
      own: ['inputLength'],
      weights: () => ['embeddings'],
    },
  ),
  layer('Flatten', '', { fixed: CHANNELS_LAST }),
  layer('GaussianDropout', 'rate seed', { handsMaskOn: true }),
  layer('GaussianNoise', 'stddev seed', { handsMaskOn: true }),
  layer('GlobalAveragePooling1D', 'keepdims', { fixed: CHANNELS_LAST }),
  layer('GlobalMaxPooling1D', 'keepdims', { fixed: CHANNELS_LAST }),
  recurrent('GRU', 'recurrentActivation resetAfter', { own: ['useCudnn'] }),
  layer(
    'LayerNormalization',
    `axis epsilon center scale betaInitializer gammaInitializer betaRegularizer gammaRegularizer betaConstraint
     gammaConstraint`.replace(/\s+/g, ' '),
    { handsMaskOn: true, fixed: { rms_scaling: [false] }, weights: affine },
  ),
  layer('LeakyReLU', 'negativeSlope', { handsMaskOn: true }),
  recurrent('LSTM', 'recurrentActivation unitForgetBias', { own: ['useCudnn'] }),
  layer('Masking', 'maskValue'),
  layer('Maximum'),
  layer('MaxPooling1D', 'poolSize strides padding', { fixed: CHANNELS_LAST }),
  layer('Minimum'),
  layer('Multiply'),
  layer(
    'MultiHeadAttention',
    `numHeads keyDim valueDim outputShape dropout seed ${KERNEL} ${BIAS} activityRegularizer`,
    {
      handsMaskOn: true,
      fixed: { use_gate: [false], attention_axes: [null, [1]], sliding_window: [null] },
      parts: projections,
    },
  ),
  layer('Normalization', 'axis mean variance invert', {
    handsMaskOn: true,
    weights: ({ mean }) => (mean === null || mean === undefined ? ['mean', 'variance', 'count'] : []),
  }),
  layer('Permute', 'dims'),
  layer('PReLU', 'alphaInitializer alphaRegularizer alphaConstraint sharedAxes', {
    handsMaskOn: true,
    weights: () => ['alpha'],
  }),
  layer('ReLU', 'maxValue negativeSlope threshold', { handsMaskOn: true }),
  layer('RepeatVector', 'n'),
  layer('Rescaling', 'scale offset', { handsMaskOn: true }),
  layer('Reshape', 'targetShape'),
  layer('RNN', `cell ${SEQUENCES}`, { parts: cellParts }),
  recurrent('SimpleRNN', '', { optional: ['seed'] }),
  // An operation in Keras, which graphs.ts writes and reads.
  layer('Slice', 'steps features'),
  layer('Softmax', 'axis', { handsMaskOn: true }),
  layer('SpatialDropout1D', 'rate seed', { handsMaskOn: true, fixed: CHANNELS_LAST, optional: ['trainable'] }),
  layer('Subtract'),
  layer('TimeDistributed', 'layer', {
    handsMaskOn: true,
    parts: ({ layer: inner }) => [{ path: 'layer', described: inner as Described }],
  }),
  layer('UnitNormalization', 'axis', { handsMaskOn: true }),
  layer('UpSampling1D', 'size'),
  layer('ZeroPadding1D', 'padding', { fixed: CHANNELS_LAST, own: ['dataFormat'] }),
];

const CELLS: readonly Spelling[] = [
  cell('SimpleRNNCell'),
  cell('LSTMCell', 'recurrentActivation unitForgetBias'),
  cell('GRUCell', 'recurrentActivation resetAfter'),
  { className: 'StackedRNNCells', kind: 'cell', options: ['name', 'cells'], fixed: { trainable: [true] } },
];

const plain = (kind: Kind, entries: Readonly<Record<string, string>>, rest: Rest = {}): readonly Spelling[] =>
  Object.entries(entries).map(([className, options]) => ({ className, kind, options: words(options), ...rest }));

const INITIALIZERS: readonly Spelling[] = [
  ...plain('initializer', {
    Constant: 'value',
    Identity: 'gain',
    Ones: '',
    Orthogonal: 'gain seed',
    RandomNormal: 'mean stddev seed',
    RandomUniform: 'minval maxval seed',
    TruncatedNormal: 'mean stddev seed',
    Zeros: '',
  }),
  ...plain(
    'initializer',
    {
      GlorotNormal: 'seed',
      GlorotUniform: 'seed',
      HeNormal: 'seed',
      HeUniform: 'seed',
      LecunNormal: 'seed',
      LecunUniform: 'seed',
      VarianceScaling: 'scale mode distribution seed',
    },
    { fixed: FANS },
  ),
];

const REGULARIZERS = plain('regularizer', { L1: 'l1', L2: 'l2', L1L2: 'l1 l2', OrthogonalRegularizer: 'factor mode' });

const CONSTRAINTS = plain('constraint', {
  MaxNorm: 'maxValue axis',
  MinMaxNorm: 'minValue maxValue rate axis',
  NonNeg: '',
  UnitNorm: 'axis',
});

const LOSSES: readonly Spelling[] = [
  ...plain(
    'loss',
    {
      BinaryCrossentropy: 'name reduction fromLogits labelSmoothing',
      BinaryFocalCrossentropy: 'name reduction fromLogits labelSmoothing gamma alpha applyClassBalancing',
      CategoricalCrossentropy: 'name reduction fromLogits labelSmoothing',
      CategoricalFocalCrossentropy: 'name reduction fromLogits labelSmoothing gamma alpha',
    },
    { fixed: LAST_AXIS },
  ),
  ...plain('loss', {
    CategoricalHinge: 'name reduction',
    CTC: 'name reduction',
    Dice: 'name reduction axis',
    Hinge: 'name reduction',
    Huber: 'name reduction delta',
    KLDivergence: 'name reduction',
    LogCosh: 'name reduction',
    MeanAbsoluteError: 'name reduction',
    MeanAbsolutePercentageError: 'name reduction',
    MeanSquaredError: 'name reduction',
    MeanSquaredLogarithmicError: 'name reduction',
    Poisson: 'name reduction',
    SquaredHinge: 'name reduction',
    Tversky: 'name reduction alpha beta axis',
  }),
  ...plain(
    'loss',
    {
      CosineSimilarity: 'name reduction',
      SparseCategoricalCrossentropy: 'name reduction fromLogits ignoreClass',
    },
    { fixed: LAST_AXIS },
  ),
];

const METRICS: readonly Spelling[] = [
  ...plain('metric', {
    Accuracy: 'name',
    BinaryAccuracy: 'name threshold',
    BinaryIoU: 'name targetClassIds threshold',
    CategoricalAccuracy: 'name',
    F1Score: 'name average threshold',
    FBetaScore: 'name average beta threshold',
    FalseNegatives: 'name thresholds',
    FalsePositives: 'name thresholds',
    IoU: 'name numClasses targetClassIds ignoreClass sparseYTrue sparseYPred',
    LogCoshError: 'name',
    Mean: 'name',
    Precision: 'name thresholds topK classId',
    PrecisionAtRecall: 'name recall numThresholds classId',
    R2Score: 'name classAggregation numRegressors',
    Recall: 'name thresholds topK classId',
    RecallAtPrecision: 'name precision numThresholds classId',
    RootMeanSquaredError: 'name',
    SensitivityAtSpecificity: 'name specificity numThresholds classId',
    SparseCategoricalAccuracy: 'name',
    SpecificityAtSensitivity: 'name sensitivity numThresholds classId',
    Sum: 'name',
    TopKCategoricalAccuracy: 'name k',
    TrueNegatives: 'name thresholds',
    TruePositives: 'name thresholds',
  }),
  ...plain(
    'metric',
    {
      ConcordanceCorrelation: 'name',
      CosineSimilarity: 'name',
      MeanIoU: 'name numClasses ignoreClass sparseYTrue sparseYPred',
      PearsonCorrelation: 'name',
    },
    { fixed: LAST_AXIS, own: ['reduction'] },
  ),
  ...plain(
    'metric',
    {
      BinaryCrossentropy: 'name fromLogits labelSmoothing',
      CategoricalCrossentropy: 'name fromLogits labelSmoothing',
      CategoricalHinge: 'name',
      Hinge: 'name',
      KLDivergence: 'name',
      MeanAbsoluteError: 'name',
      MeanAbsolutePercentageError: 'name',
      MeanSquaredError: 'name',
      MeanSquaredLogarithmicError: 'name',
      Poisson: 'name',
      SparseCategoricalCrossentropy: 'name fromLogits ignoreClass',
      SquaredHinge: 'name',
    },
    { fixed: LAST_AXIS, own: ['reduction'] },
  ),
  ...plain('metric', {
    AUC: 'name numThresholds thresholds curve summationMethod multiLabel numLabels labelWeights fromLogits',
    SparseTopKCategoricalAccuracy: 'name k fromSortedIds',
  }),
];

const RATE = `name learningRate weightDecay clipnorm globalClipnorm clipvalue useEma emaMomentum emaOverwriteFrequency
  lossScaleFactor gradientAccumulationSteps`.replace(/\s+/g, ' ');
const BETAS = { beta1: 'beta_1', beta2: 'beta_2' };

const OPTIMIZERS: readonly Spelling[] = [
  ...plain('optimizer', {
    Adadelta: `${RATE} rho epsilon`,
    Adagrad: `${RATE} initialAccumulatorValue epsilon`,
    RMSprop: `${RATE} rho momentum epsilon centered`,
    SGD: `${RATE} momentum nesterov`,
  }),
  ...plain(
    'optimizer',
    {
      Adam: `${RATE} beta1 beta2 epsilon amsgrad`,
      AdamW: `${RATE} beta1 beta2 epsilon amsgrad`,
      Adamax: `${RATE} beta1 beta2 epsilon`,
      Lion: `${RATE} beta1 beta2`,
      Nadam: `${RATE} beta1 beta2 epsilon`,
    },
    { renamed: BETAS },
  ),
];

const SCHEDULES = plain('schedule', {
  CosineDecay: 'name initialLearningRate decaySteps alpha warmupTarget warmupSteps',
  CosineDecayRestarts: 'name initialLearningRate firstDecaySteps tMul mMul alpha',
  ExponentialDecay: 'name initialLearningRate decaySteps decayRate staircase',
  InverseTimeDecay: 'name initialLearningRate decaySteps decayRate staircase',
  PiecewiseConstantDecay: 'name boundaries values',
  PolynomialDecay: 'name initialLearningRate decaySteps endLearningRate power cycle',
});

/** Every class that files of Keras can hold. */
export const SPELLINGS: readonly Spelling[] = [
  ...LAYERS,
  ...CELLS,
  ...INITIALIZERS,
  ...REGULARIZERS,
  ...CONSTRAINTS,
  ...LOSSES,
  ...METRICS,
  ...OPTIMIZERS,
  ...SCHEDULES,
];

/** Keras' modules of each kind. */
export const MODULES: Readonly<Record<Kind, string>> = Object.freeze({
  layer: 'keras.layers',
  cell: 'keras.layers',
  initializer: 'keras.initializers',
  regularizer: 'keras.regularizers',
  constraint: 'keras.constraints',
  loss: 'keras.losses',
  metric: 'keras.metrics',
  optimizer: 'keras.optimizers',
  schedule: 'keras.optimizers.schedules',
});

const BY_NAME = new Map(SPELLINGS.map((each) => [`${each.kind}/${each.className}`, each]));

/** The class of a name; undefined where there is none. */
export function spellingOf(kind: Kind, className: string): Spelling | undefined {
  return BY_NAME.get(`${kind}/${className}`);
}

/** Names of the classes of a kind. */
export function namesOf(kind: Kind): string[] {
  return SPELLINGS.filter((each) => each.kind === kind && each.className !== 'EinsumDense').map(
    ({ className }) => className,
  );
}

/** Keras' name of an option. */
export function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Keras' name of a class in paths: `lstm`, `multi_head_attention`, `conv1d`, `p_re_lu`. */
export function pathName(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Names of classes as Keras counts them in one list of layers: `dense`, `dense_1`, `dense_2`. */
export function uniqueNames(): (className: string) => string {
  const counts = new Map<string, number>();
  return (className) => {
    const name = pathName(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
}
