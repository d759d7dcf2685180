// SPDX-License-Identifier: MIT
// The faults of `npm run faults`: in `file` the text `find`, which occurs exactly once, becomes `replace`. `tests` are those
// that shall see it, where they are others than of all layers.

/** The text of a file with the fault in it. */
export function seeded(text, { find, replace, what }) {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${what}: expected the text to be found once, received ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
}

const inFile = (file, faults, tests) => faults.map(([what, find, replace]) => ({ file, what, find, replace, tests }));

const cells = inFile('native/kernels/cells-inl.h', [
  [
    'the gates i and f of an LSTM change places',
    'Vec i = sums[r][0], forget = sums[r][1],',
    'Vec i = sums[r][1], forget = sums[r][0],',
  ],
  [
    'the gates f and o of an LSTM change places',
    'forget = sums[r][1], g = sums[r][2], o = sums[r][3];',
    'forget = sums[r][3], g = sums[r][2], o = sums[r][1];',
  ],
  [
    'the cell of an LSTM goes out without its activation',
    'Mul(sums[r][3], f.Act(cells[r]))',
    'Mul(sums[r][3], cells[r])',
  ],
  ['the cell of an LSTM forgets everything', 'MulAdd(forget, Load(Cell(at.before + r)), Mul(i, g));', 'Mul(i, g);'],
  ['the carry of the cell is dropped on the way back', 'if (!is_last) dc = Add(dc, Load(Carry(r, v)));', ''],
  [
    "the trunk's gradient of the cell is dropped",
    'if (args.dcells) dc = Add(dc, Load(args.dcells + (at.now + r) * args.state_stride + unit + lane));',
    '',
  ],
  [
    'the forget gate learns from the cell after the step',
    'Mul(dc, Load(Cell(at.before + r) + lane))',
    'Mul(dc, Load(Cell(at.after + r) + lane))',
  ],
  [
    'the output gate learns from the cell itself',
    'f.GateGradient(xo, o, Mul(dh.v[r][v], tc))',
    'f.GateGradient(xo, o, Mul(dh.v[r][v], c))',
  ],
  [
    'the gates z and r of a GRU change places',
    'Vec z = sums[r][1], reset = sums[r][2];',
    'Vec z = sums[r][2], reset = sums[r][1];',
  ],
  [
    'the gates z and r change places in a GRU that resets before the product',
    'Vec z = f.Gate(sums[r][0]), reset = f.Gate(sums[r][1]);',
    'Vec z = f.Gate(sums[r][1]), reset = f.Gate(sums[r][0]);',
  ],
  [
    'the update gate of a GRU works the other way round',
    'MulAdd(sums[r][1], Sub(Load(State(r)), candidates[r]), candidates[r])',
    'MulAdd(sums[r][1], Sub(candidates[r], Load(State(r))), Load(State(r)))',
  ],
  ["a GRU's candidate lacks its recurrent bias", 'sums[r][0] = bias;', 'sums[r][0] = Zero();'],
  ['a GRU resets no state before the product', 'Mul(reset, Load(state)));', 'Load(state));'],
  [
    "a GRU's state passes nothing on past the product",
    'reset = f.KeptGate(xr), candidate = f.KeptAct(xc);\n        const Vec d = is_last ? dh.v[r][v] : Add(dh.v[r][v], Load(Carry(r, v)));',
    'reset = f.KeptGate(xr), candidate = f.KeptAct(xc);\n        const Vec d = dh.v[r][v];',
  ],
  [
    "a GRU's reset gate learns from its candidate",
    'f.GateGradient(xr, reset, Mul(dc, recurrent))',
    'f.GateGradient(xr, reset, Mul(dc, candidate))',
  ],
  [
    'the gradient of a reset state is lost',
    'Store(Carry(r, v), MulAdd(d, reset, Load(Carry(r, v))));',
    'Store(Carry(r, v), Load(Carry(r, v)));',
  ],
  ['the gradient of the last state is dropped', 'if (!args.dlast) return;', 'return;'],
  [
    'one row multiplies all but the last unit of what the split leaves',
    'for (; i < k; ++i)\n',
    'for (; i + 1 < k; ++i)\n',
  ],
  [
    'the recurrent masks are not applied on the way back',
    'MulAdd(gate.v[r][v], Load(mask + v * kLanes), sums.v[r][v])',
    'Add(gate.v[r][v], sums.v[r][v])',
  ],
  [
    'all gates share one recurrent mask forward',
    'Store(out + g * args.padded, Mul(h, Load(mask + g * args.padded)));',
    'Store(out + g * args.padded, Mul(h, Load(mask)));',
  ],
  [
    "a reset state's mask is not applied on the way back",
    'if constexpr (kMasked) d = Mul(d, Load(args.masks + (at.row + r) * args.masked_stride + unit + lane));',
    '',
  ],
]);

const walk = inFile('native/kernels/walk-inl.h', [
  [
    'the last vector of units is left out of a step of an LSTM or GRU',
    'unit < args.unit_end; unit += kLanes) {',
    'unit + kLanes < args.unit_end; unit += kLanes) {',
  ],
  [
    'the last panel of units is left out of a step of a SimpleRNN',
    'first < args.unit_end; first += kPanelColumns) {\n    const size_t width = PanelWidth(first, args.padded);\n    // A panel',
    'first + kPanelColumns < args.unit_end; first += kPanelColumns) {\n    const size_t width = PanelWidth(first, args.padded);\n    // A panel',
  ],
  [
    'a walk in reverse reads the state of the step before',
    'return {now, next, now, t > 0 ? static_cast<size_t>(args.offsets[t - 1]) : 0, 0};',
    'return {now, now, now, t > 0 ? static_cast<size_t>(args.offsets[t - 1]) : 0, 0};',
  ],
  [
    'a walk in reverse ends where the batch begins, not where its rows do',
    '(t == 0 ? 0 : static_cast<size_t>(args.active[t - 1]))',
    '(t == 0 ? 0 : active)',
  ],
  [
    'the last step is taken for one with a later step',
    '(t + 1 == args.steps ? 0 : active)',
    '(t == args.steps ? 0 : active)',
  ],
  ['the way back begins at the first step', 'args, !args.reverse, [&](size_t t)', 'args, args.reverse, [&](size_t t)'],
  ['rows that go on are ended with the others', 'if (row < from) row = from < end ? from : end;', ''],
  [
    'the first row of a block is left out',
    'f(row, rows);\n      row += rows;',
    'if (rows > 1) f(row, rows);\n      row += rows;',
  ],
]);

const products = [
  ...inFile('native/kernels/tile-inl.h', [
    [
      'a tile multiplies all but the last column',
      'for (size_t i = 0; i < k; ++i) {\n    Vec b[V];',
      'for (size_t i = 0; i + 1 < k; ++i) {\n    Vec b[V];',
    ],
    [
      'one row multiplies all but the last column of what the split leaves',
      'for (; i < k; ++i) {',
      'for (; i + 1 < k; ++i) {',
    ],
    ['one row forgets what it is added to', 'part[0][v] = sums.v[0][v];', 'part[0][v] = Zero();'],
  ]),
  ...inFile('native/kernels/gemm-inl.h', [
    [
      'a sum of equal tokens leaves out the last position',
      'for (size_t j = i; j < end; ++j) {',
      'for (size_t j = i; j + 1 < end; ++j) {',
    ],
    [
      'a sum of equal tokens that goes on begins anew',
      'Vec s0 = load ? Load(out + first) : Zero(),',
      'Vec s0 = Zero(),',
    ],
    [
      'a weight gradient in the order of tokens reads deltas in that of positions',
      'args.b + row * args.ldb + first, sums',
      'args.b + i * args.ldb + first, sums',
    ],
    [
      'the last lane of the columns that fill no vector is not packed',
      'for (; j < filled; ++j) out[i * width + j] = row[j];',
      'for (; j < filled; ++j) out[i * width + j] = j + 1 < filled ? row[j] : 0.0f;',
    ],
    [
      'the gates are packed in the order of the last to the first',
      'args.b + i * args.ldb + g * columns + first',
      'args.b + i * args.ldb + (args.gates - 1 - g) * columns + first',
    ],
    [
      'a weight gradient leaves out the last row',
      'if (i < end) Steps(i, end, sums);',
      'if (i < end) Steps(i, end - 1, sums);',
    ],
    [
      'a bias gradient leaves out the first row',
      'for (size_t i = args.begin; i < args.end; ++i)\n      sum',
      'for (size_t i = args.begin + 1; i < args.end; ++i)\n      sum',
    ],
    ['a bias is not added', 'args.bias         ? Load(args.bias + column)', 'args.bias         ? Zero()'],
  ]),
  ...inFile('native/kernels/math-inl.h', [
    [
      'the slope of sigmoid lacks its square',
      'if (kind == Activation::kSigmoid) return Mul(dy, NegMulAdd(y, y, y));',
      'if (kind == Activation::kSigmoid) return Mul(dy, y);',
    ],
    [
      'the sigmoid of a gate is twice as steep',
      'MulAdd(half, Tanh(Mul(half, x)), half)',
      'MulAdd(half, Tanh(x), half)',
    ],
  ]),
];

const recurrent = inFile('native/layers/recurrent.cc', [
  [
    'a walk in reverse shares padding',
    'return same_for_all_rows && !config_.go_backwards;',
    'return same_for_all_rows;',
  ],
  ['a stateful layer shares padding', '!config_.stateful && (!training ||', '(!training ||'],
  [
    "the gates of a recurrent kernel keep Keras' order where the walk wants another",
    '(i * gates + order[g]) * units',
    '(i * gates + g) * units',
  ],
  [
    "a GRU's candidate takes its recurrent bias from the other row",
    'recurrent_bias_.data(), recurrent + (gates - 1) * units',
    'recurrent_bias_.data(), bias + (gates - 1) * units',
  ],
  [
    "the second row of a GRU's bias is not added",
    'spread_bias_[g * padded_ + u] += recurrent[g * units + u];',
    'spread_bias_[g * padded_ + u] += 0.0f;',
  ],
  [
    "a GRU's second row of bias learns what the first one does",
    'std::memcpy(bias_sum_.data() + gates * units + to, gradient.bias_sum() + g * padded_,',
    'std::memcpy(bias_sum_.data() + gates * units + to, bias_sum_.data() + to,',
  ],
  [
    'the kernel packed for the way back is not that of the gates',
    '{kernel, columns, columns, features, true, packed_kernel_back_.data(), 0}',
    '{kernel, columns, padded_, features, true, packed_kernel_back_.data(), 0}',
  ],
  ['the initial state is ignored', 'if (batch.initial_state) {', 'if (batch.initial_state && !input_.layout) {'],
  ['the cell begins in the state', 'begin_in(cells_, given ? given + units : nullptr);', 'begin_in(cells_, given);'],
  [
    'initial states are those of the first rows of all',
    'static_cast<size_t>(layout.samples()[r]) * batch.initial_stride',
    'static_cast<size_t>(layout.order()[r]) * batch.initial_stride',
  ],
  [
    'a stateful layer takes its states by the row of the layout',
    'carried_.values.data() + static_cast<size_t>(layout.order()[r]) * size',
    'carried_.values.data() + r * size',
  ],
  [
    'a stateful layer begins anew with every batch',
    '} else if (config_.stateful && carried_.rows > 0) {',
    '} else if (config_.stateful && carried_.rows == 0) {',
  ],
  [
    'states are read by the row of the layout',
    'out + static_cast<size_t>(layout.order()[r]) * stride;',
    'out + r * stride;',
  ],
  [
    'the state that a row begins in is not masked',
    'states_[to * stride_ + u] * state_masks_[r * masked_stride_ + g * padded_ + u];',
    'states_[to * stride_ + u];',
  ],
  [
    'a walk in reverse ends in the state of its first step',
    'const size_t t = config_.go_backwards ? layout.start(r) : layout.steps();',
    'const size_t t = layout.steps();',
  ],
  [
    'zeros and carried states change places at masked steps',
    'config_.zero_output ? MaskFill::kUnused : MaskFill::kCarry;',
    'config_.zero_output ? MaskFill::kCarry : MaskFill::kUnused;',
  ],
  [
    'outputs that share a state keep the gradient of one of them',
    'batch.kernels.add(ordered_gradient_.data() + to * stride_, output.data + p * stride_, stride_);',
    'std::memcpy(ordered_gradient_.data() + to * stride_, output.data + p * stride_, stride_ * sizeof(float));',
  ],
  [
    'the gradient of the trunk is dropped',
    'batch.kernels.add(trunk_outputs_.data() + at, joins_.data() + r * stride_, stride_);',
    '',
  ],
  [
    'the gradient of the cells on the trunk is dropped',
    'if (has_cell()) batch.kernels.add(trunk_cells_.data() + at, carry_.data() + r * stride_, stride_);',
    '',
  ],
  [
    'rows of nothing but padding learn nothing',
    'std::memcpy(join, dlast + r * stride_, stride_ * sizeof(float));',
    'std::memset(join, 0, stride_ * sizeof(float));',
  ],
  [
    'a GRU passes nothing on to the trunk past the product',
    'if (cell_.kind == CellKind::kGru) batch.kernels.add(join, carry, stride_);',
    '',
  ],
  [
    "the trunk's part of the recurrent kernel's gradient is dropped",
    'batch.kernels.add(gradient.mutable_sum(), trunk_gradients_[i].sum(), units * stride);',
    '',
  ],
  [
    'the recurrent kernel learns in reverse from the states after the steps',
    'const int32_t* before = config_.go_backwards ? layout.next() : nullptr;',
    'const int32_t* before = nullptr;',
  ],
  [
    "every gate's recurrent kernel learns from the first gate's dropped states",
    'masked_h_.data() + g * padded_, before',
    'masked_h_.data(), before',
  ],
  [
    'the kernel of a reset state learns from the state',
    '{reset_states_.data(), nullptr, stride_, cell_.kept - 1, 1, 0}',
    '{states_.data(), before, stride_, cell_.kept - 1, 1, 0}',
  ],
  [
    'a weight behind the first gate goes to the first gate',
    'const size_t to = (i * each + g) * units;',
    'const size_t to = i * each * units;',
  ],
  [
    'all rows share the input mask of the first',
    'const float* mask = input_masks_.data() + (p - begin) * mask_stride_;',
    'const float* mask = input_masks_.data();',
  ],
  [
    'the input mask is another one at every step',
    'const float* mask = input_masks_.data() + (p - begin) * mask_stride_;',
    'const float* mask = input_masks_.data() + p % input_.layout->rows() * mask_stride_;',
  ],
  [
    'the input mask is not applied on the way back',
    'gate_gradient_[p * stride + c] * input_masks_[(p - begin) * mask_stride_ + i * width + c];',
    'gate_gradient_[p * stride + c];',
  ],
  [
    'all gates share one input mask where each has its own',
    'return config_.recurrent_dropout > 0.0f && cell_.kind != CellKind::kSimpleRnn ? cell_.gates : 1;',
    'return 1;',
  ],
]);

const gradients = [
  ...inFile('native/layers/weight_gradient.cc', [
    [
      'the last chunk of rows is left out of a weight gradient',
      'chunk < partials_; ++chunk)\n    kernels.add(sum_',
      'chunk + 1 < partials_; ++chunk)\n    kernels.add(sum_',
    ],
    ['every part of a chunk begins its sums anew', 'begin != chunks_.first(chunk)', 'false'],
    ['without rows a weight gradient is that of the batch before', 'order && begin < end && ', 'order && '],
  ]),
  ...inFile('native/layers/gradient_chunks.h', [
    [
      'the last rows of a chunk are left out of a gradient',
      'std::min(end, first(chunk) + each)',
      'std::min(end, first(chunk) + each - 1)',
    ],
  ]),
  ...inFile('native/layers/token_sums.cc', [
    ['a token forgets its positions in later chunks', 'if (token >= 0)', 'if (false)'],
    ['the token of the trunk forgets it', 'if (chunks_.begin > 0)', 'if (false)'],
    ['later parts of a chunk add to the token before it', 'token == Begun(chunk) ? begun :', 'true ? begun :'],
  ]),
];

const gradientBlocks = inFile(
  'native/layers/weight_gradient.cc',
  [
    ['a block of a weight gradient reads the columns of the first', 'args.b += column;', ''],
    ['the second block down of a weight gradient lies over the first', '+ row * stride_ + column', '+ column'],
  ],
  ['test/unit/contract/weight_gradient.test.ts'],
);

const cellLayers = [
  ...inFile('native/layers/recurrent.h', [
    [
      'the projected inputs of a GRU lie where its recurrent candidate will',
      'gates_.data() + cell_.input_deltas * padded_',
      'gates_.data()',
    ],
  ]),
  ...inFile('native/layers/gru.cc', [
    ['the update and reset gates of the recurrent kernel change places', '{2, 0, 1}', '{2, 1, 0}'],
    ["the inputs learn from the product's deltas", 'CellKind::kGru, 3, 4, 1', 'CellKind::kGru, 3, 4, 0'],
  ]),
  ...inFile('native/layers/lstm.cc', [
    ['the gates c and o of the recurrent kernel change places', '{0, 1, 2, 3}', '{0, 1, 3, 2}'],
  ]),
];

const bidirectional = inFile('native/layers/bidirectional.cc', [
  [
    'the halves change places',
    'std::memcpy(out, x, f.columns * sizeof(float));\n        std::memcpy(out + f.columns, y, b.columns * sizeof(float));',
    'std::memcpy(out, y, f.columns * sizeof(float));\n        std::memcpy(out + f.columns, x, b.columns * sizeof(float));',
  ],
  [
    "the halves' gradients change places",
    'std::memcpy(df, d, f.columns * sizeof(float));\n        std::memcpy(db, d + f.columns, b.columns * sizeof(float));',
    'std::memcpy(db, d, f.columns * sizeof(float));\n        std::memcpy(df, d + f.columns, b.columns * sizeof(float));',
  ],
  ['the average is a sum', 'out[c] = (x[c] + y[c]) * scale;', 'out[c] = x[c] + y[c];'],
  ["the average's gradient is that of a sum", 'df[c] = db[c] = d[c] * scale;', 'df[c] = db[c] = d[c];'],
  ['a product learns from its own factor', 'df[c] = d[c] * y[c];', 'df[c] = d[c] * x[c];'],
  [
    'the second direction begins in the state of the first',
    'if (second.initial_state) second.initial_state += forward_->state_size();',
    '',
  ],
  ['the second direction passes no gradient on', '(end - begin) * first.stride);', '0);'],
]);

const masks = [
  ...inFile('native/layers/masking.h', [
    ['a step is masked where its first column is', 'c < columns; ++c', 'c < 1; ++c'],
  ]),
  ...inFile('native/layers/masking.cc', [
    [
      'a masked step of a stream is not said to be one',
      'batch.masked[i] = !Counts(x, columns);',
      'batch.masked[i] = false;',
    ],
    ['the step of a stream counts where it is masked', 'if (!batch.masked[i])', 'if (true)'],
    [
      'the gradient of a step goes to the next one',
      'static_cast<size_t>(layout_.values()[p]) * stride,\n                  output.data',
      'p * stride,\n                  output.data',
    ],
  ]),
  ...inFile('native/layers/expand.cc', [
    [
      'masked steps take the gradient of the step that they repeat',
      'batch.kernels.add(gradient_.data() + static_cast<size_t>(position) * stride,\n                            output.data + (1 + t * rows + r) * stride, stride);',
      'std::memcpy(gradient_.data() + static_cast<size_t>(position) * stride,\n                            output.data + (1 + t * rows + r) * stride, stride * sizeof(float));',
    ],
    [
      'masked steps are filled by the other rule',
      'from.ExpandIndex(input.fill == MaskFill::kCarry, &index_);',
      'from.ExpandIndex(input.fill != MaskFill::kCarry, &index_);',
    ],
    [
      'positions that rows share pass no gradient on',
      'for (size_t q = 1; q < index_.size(); ++q)',
      'for (size_t q = index_.size(); q < index_.size(); ++q)',
    ],
  ]),
];

const layout = inFile('native/batch/batch_layout.cc', [
  [
    'a step that counts is taken for the one before it',
    'source_step_[static_cast<size_t>(offsets_[t++]) + r] = static_cast<int32_t>(source);',
    'source_step_[static_cast<size_t>(offsets_[t++]) + r] = static_cast<int32_t>(source ? source - 1 : 0);',
  ],
  [
    'rows are sorted but not their samples',
    'samples_[r] = batch_samples_[i];\n    starts_[r] = batch_starts_[i];',
    'samples_[r] = batch_samples_[r];\n    starts_[r] = batch_starts_[i];',
  ],
  [
    'a masked batch takes the rows of the first batch',
    'return tokens[static_cast<size_t>(batch_samples_[i]) * steps + t] != 0; });',
    'return tokens[i * steps + t] != 0; });',
  ],
  [
    'masked steps repeat the state that the row began in',
    'last = position = static_cast<int32_t>(base())',
    'position = static_cast<int32_t>(base())',
  ],
  [
    'a row leaves the padding one step early, its last padding a word',
    'starts_[r] = batch_starts_[i];\n  }\n}',
    'starts_[r] = batch_starts_[i] > 1 ? batch_starts_[i] - 1 : 0;\n  }\n}',
  ],
  [
    'the first step of a row is that of its neighbour',
    'offsets_[start(r)] + static_cast<int32_t>(r) : -1;',
    'offsets_[start(r)] + static_cast<int32_t>(r ? r - 1 : 0) : -1;',
  ],
  [
    'the state behind a step is that of the next row',
    'out[row] = shift + row;',
    'out[row] = shift + (row + 1 < active_[t] ? row + 1 : row);',
  ],
  [
    'masked values come from the step that the layout has there',
    'samples_[r] * static_cast<int32_t>(steps) + static_cast<int32_t>(source_step(r, t));',
    'samples_[r] * static_cast<int32_t>(steps) + static_cast<int32_t>(t);',
  ],
]);

const model = inFile('native/model/model.cc', [
  [
    'the loss sees the rows of the first step alone',
    'if (fused_loss_) rows.predictions = output.logits;',
    'if (fused_loss_) rows.predictions = output.logits; rows.count = std::min(rows.count, layout->rows());',
  ],
  [
    'a step is compared with the target of its place in the layout',
    'static_cast<int32_t>(layout.source_step(r, t));',
    'static_cast<int32_t>(t);',
  ],
  [
    'outputs are written in the order of the layout',
    '(static_cast<size_t>(layout.order()[i % rows]) * steps + i / rows) * columns',
    '(i % rows * steps + i / rows) * columns',
  ],
  ['the states of every batch are written over those of the first', 'run.states + done * state_size()', 'run.states'],
  [
    'the mask of the tokens is ignored',
    'rows, shares && ends,\n                      mask_zero_, walk_rows);',
    'rows, shares && ends,\n                      false, walk_rows);',
  ],
  [
    'the initial state does not reach its layer',
    'batch.initial_state = given ? data.initial_state.data() : nullptr;',
    'batch.initial_state = nullptr;',
  ],
]);

const streams = [
  ...inFile('native/layers/recurrent.cc', [
    ['a masked step moves the states of its stream', 'if (!batch.masked[r]) {', 'if (true) {'],
    [
      'the cell of a stream lies where its state does',
      'body(r, cells + r * stride_, kept + padded_);',
      'body(r, cells + r * stride_, kept);',
    ],
    [
      'a stream gives its output at a masked step though zero is wanted',
      '} else if (config_.zero_output && config_.return_sequences) {',
      '} else if (false) {',
    ],
    [
      'a stream keeps the states of the row in the walk, not of its own place',
      'static_cast<size_t>(batch.places[r]) * batch.state_stride',
      'r * batch.state_stride',
    ],
  ]),
  ...inFile('native/layers/conv1d.cc', [
    [
      'a dilated convolution of a stream reads its last inputs',
      'batch.states + k * config_.windows.dilation * features',
      'batch.states + k * features',
    ],
    [
      'the inputs that a stream keeps for a convolution stay where they are',
      'std::memmove(rows, rows + features, (kept - features) * sizeof(float));',
      '',
    ],
    ['a mask of a stream goes on behind a convolution', 'std::memset(batch.masked, 0, batch.rows);', ''],
  ]),
  ...inFile('native/layers/batch_normalization.cc', [
    [
      'streams keep the moments that they met first',
      'if (packed_weights_) return;',
      'if (step_mean_.size() > 0) return;',
    ],
  ]),
  ...inFile('native/streams/stepper.cc', [
    ['streams do not mask token 0', 'masked[i] = model_.mask_zero() && tokens[i] == 0;', 'masked[i] = false;'],
    ['all layers of a stream keep their states in one place', 'states + stage.states', 'states'],
  ]),
  ...inFile('native/streams/stream_group.cc', [
    ['every block of streams reads the inputs of the first', 'values + begin * input_columns_', 'values'],
    ['every block of streams steps those of the first', 'places + begin', 'places'],
    ['a stream begins in the states of the one that had its number', '  Reset(place);\n  first_free_', '  first_free_'],
    ['a stream may be stepped twice at once', ' || stamps_[place] == stamp_', ''],
  ]),
];

const LOSS_TESTS = [
  'test/unit/losses/losses.test.ts',
  'test/golden/losses.test.ts',
  'test/golden/ctc.test.ts',
  'test/unit/contract/gradients.test.ts',
  'test/golden/training.test.ts',
  'test/golden/weights.test.ts',
];

const losses = [
  [
    'crossentropy',
    [
      ['the binary cross-entropy of logits climbs', '(p - y) * slope)', '(y - p) * slope)'],
      [
        'smoothed labels are spread over two classes, however many there are',
        'config_.label_smoothing / static_cast<double>(columns)}',
        'config_.label_smoothing / 2.0}',
      ],
      [
        'rows of the ignored class count',
        'return !kSparse || !config_.ignores || target[0] != config_.ignore_class;',
        'return true;',
      ],
      ['probabilities are not pulled down by those beside them', '(shared / total - own) * scale', '(-own) * scale'],
    ],
  ],
  [
    'focal_crossentropy',
    [
      [
        'logits of a focal loss are not pulled by those beside them',
        '(slope(j, q, label(j)) - shared)',
        'slope(j, q, label(j))',
      ],
      ['all classes have the factor of the first', 'config_.alphas.size() > 1 ? j : 0', '0'],
    ],
  ],
  [
    'overlap',
    [
      [
        'what is missed and what is too much change places',
        'alpha_ * sums.missed + beta_ * sums.extra',
        'beta_ * sums.missed + alpha_ * sums.extra',
      ],
    ],
  ],
  [
    'regression',
    [
      ['the Huber loss bends at 1, whatever delta', 'if (size <= delta)', 'if (size <= 1.0)'],
      ['the mean over columns is a sum', 'return sum / n;', 'return sum;'],
    ],
  ],
  [
    'ctc',
    [
      [
        'equal labels need no blank between them',
        'LogAdd(from[n + 1], read[n] + Unless(!repeats_[n]))',
        'LogAdd(from[n + 1], read[n])',
      ],
      [
        'the last timestep has to be blank',
        ': LogAdd(blank(steps_)[count_], label(steps_)[count_ - 1]);',
        ': blank(steps_)[count_];',
      ],
      ['the blank takes no gradient', 'd_columns[kBlank] += d_now;', ''],
      [
        'the filling of a row is read as labels',
        'count_ < sample.all.target_columns && target[count_] != 0.0f',
        'count_ < sample.all.target_columns',
      ],
    ],
  ],
  [
    'reduction',
    [
      ['the loss does not look at weights', 'sum += weight * values.Value(', 'sum += values.Value('],
      ['gradients do not look at weights', 'whole ? factor : factor * weight', 'factor'],
      [
        'the mean by weights is a mean by rows',
        'Reduction::kMeanWithSampleWeight ? sums.weights : sums.count',
        'Reduction::kMeanWithSampleWeight ? sums.count : sums.count',
      ],
      [
        'half of the chunks are left out of the sum',
        'for (size_t chunk = 0; chunk < chunks.count; ++chunk) total += partial[chunk];',
        'for (size_t chunk = 0; chunk < (chunks.count + 1) / 2; ++chunk) total += partial[chunk];',
      ],
      [
        'samples take the weights of their places in the batch',
        'rows_.weight(static_cast<size_t>(order_[begins_[i]]))',
        'rows_.weight(i)',
      ],
    ],
  ],
].flatMap(([name, faults]) => inFile(`native/losses/${name}.cc`, faults, LOSS_TESTS));

const METRIC_TESTS = [
  'test/unit/metrics/metrics.test.ts',
  'test/golden/metrics.test.ts',
  'test/golden/training.test.ts',
];

const metrics = [
  [
    'row_mean',
    [
      ['an output at the threshold is a yes', '(x[j] > threshold ? 1.0f : 0.0f)', '(x[j] >= threshold ? 1.0f : 0.0f)'],
      ['accuracies do not look at weights', 'total += w * value_(', 'total += value_('],
      [
        'half of the chunks are left out of the mean',
        'for (size_t chunk = 0; chunk < chunks.count; ++chunk) {',
        'for (size_t chunk = 0; chunk < (chunks.count + 1) / 2; ++chunk) {',
      ],
      [
        'an output as large as that of the label pushes it out of the top',
        'larger += x[j] > own;',
        'larger += x[j] >= own;',
      ],
    ],
  ],
  [
    'confusion',
    [
      [
        'an output at a threshold lies above it',
        'std::lower_bound(t.begin(), t.end(), p)',
        'std::upper_bound(t.begin(), t.end(), p)',
      ],
      ['outputs lie in the bucket below theirs', 'std::ceil(clipped * last)', 'std::floor(clipped * last)'],
      ['labels that weigh nothing count', 'weight * config_.label_weights[j]', 'weight'],
    ],
  ],
  [
    'class_matrix',
    [
      ['the ignored class counts', ' || target == config_.ignore_class', ''],
      [
        'the matrix does not look at weights',
        'static_cast<size_t>(output)] += weight;',
        'static_cast<size_t>(output)] += 1.0;',
      ],
    ],
  ],
  ['f_beta', [['every yes is a wrong one, too', 'state[n + j] += weight * (1.0 - y);', 'state[n + j] += weight;']]],
  ['r2', [['errors do not look at weights', 'weight * error * error', 'error * error']]],
  ['loss_mean', [['timesteps weigh as samples', 'sums.weights / steps', 'sums.weights']]],
].flatMap(([name, faults]) => inFile(`native/metrics/${name}.cc`, faults, METRIC_TESTS));

const decoding = inFile(
  'native/losses/ctc_decode.cc',
  [
    [
      'a path that was lost is not known again when it comes back',
      'const auto [found, is_new] = by_label_.try_emplace(key, static_cast<uint32_t>(nodes_.size()));',
      'by_label_.erase(key);\n    const auto [found, is_new] = by_label_.try_emplace(key, static_cast<uint32_t>(nodes_.size()));',
    ],
    ['a label follows itself without a blank', '(label == last ? beam.blank : beam.total)', 'beam.total'],
    [
      'ways that lead to a path that is kept already do not count',
      'other.emit = LogAdd(other.emit, emit);',
      'other.emit = std::fmax(other.emit, emit);',
    ],
    [
      'of equally likely paths that with the higher label comes first',
      'return labels_a[i] < labels_b[i];',
      'return labels_a[i] > labels_b[i];',
    ],
    [
      'timesteps that do not count are read',
      't < static_cast<size_t>(d.lengths[row]); ++t) {\n    if (!WorkerPool::Yield()) return true;\n    if (!search',
      't < d.steps; ++t) {\n    if (!search',
    ],
    ['infinite logits are taken', 'if (!(x[j] < std::numeric_limits<float>::infinity())) return false;', ''],
    ['a repeated label counts after a blank alone', 'last = best;', 'if (best != d.blank) last = best;'],
  ],
  ['test/golden/ctc_decode.test.ts'],
);
const SURROUNDINGS = ['test/integration/surroundings.test.ts'];

const surroundings = [
  ...inFile(
    'native/napi/environment.cc',
    [
      [
        'the asynchronous context of the first call is kept',
        'napi_make_callback(env, nullptr, nowhere, create, 0, nullptr, &ignored)',
        'napi_call_function(env, nowhere, create, 0, nullptr, &ignored)',
      ],
      ['an idle addon says that it holds the process', '!static_cast<Environment*>(self)->jobs_.empty()', 'true'],
    ],
    SURROUNDINGS,
  ),
  ...inFile(
    'native/threading/worker_pool.cc',
    [
      [
        'threads that were refused once are never asked for again',
        'limit_ = wanted_;\n  StartThreads',
        ';\n  StartThreads',
      ],
    ],
    SURROUNDINGS,
  ),
  ...inFile(
    'native/threading/available_cores.cc',
    [['a wrong OSTINATO_THREADS is passed over', 'throw Error(', 'return AvailableCores();\n  throw Error(']],
    SURROUNDINGS,
  ),
];

const REVERSED_TESTS = [
  'test/unit/layers/backward_masks.test.ts',
  'test/golden/recurrent.test.ts',
  'test/unit/contract/recurrent_gradients.test.ts',
];

const reversed = [
  ...inFile(
    'native/layers/recurrent.cc',
    [
      [
        'masked steps stand among outputs in reverse in the order of the steps',
        'const size_t s = reverses() ? steps - 1 - source : source;',
        'const size_t s = source;',
      ],
      [
        'the mask of outputs in reverse stays as it was',
        'if (layout.masked()) output.layout = &output_layout_;',
        'if (returns_unmasked()) output.layout = &output_layout_;',
      ],
      [
        'a reversed mask lies over outputs in the order of the steps',
        'StateAfter(r, layout.reversed_step(r, t))',
        'StateAfter(r, t)',
      ],
      [
        'the last output of a stream is zero at a masked step',
        '} else if (config_.zero_output && config_.return_sequences) {',
        '} else if (config_.zero_output) {',
      ],
    ],
    REVERSED_TESTS,
  ),
  ...inFile(
    'native/layers/recurrent.h',
    [
      [
        'a second direction that does not go backwards is not reversed',
        'return config_.go_backwards != flips_;',
        'return config_.go_backwards && !flips_;',
      ],
    ],
    REVERSED_TESTS,
  ),
  ...inFile(
    'native/batch/batch_layout.cc',
    [
      [
        'steps of a reversed mask are numbered from the other end',
        'static_cast<int32_t>(source_steps_ - 1 - from.source_step(r, reversed_step(r, t)));',
        'static_cast<int32_t>(from.source_step(r, reversed_step(r, t)));',
      ],
      [
        'holes of a reversed mask stay where they were',
        'from.source_step(r, reversed_step(r, t))',
        'from.source_step(r, t)',
      ],
    ],
    REVERSED_TESTS,
  ),
];

const initializers = inFile(
  'native/initializers/initializers.cc',
  [
    [
      'the last value of an array is not copied',
      'std::copy_n(spec.values.data(), n, out);',
      'std::copy_n(spec.values.data(), n - 1, out);',
    ],
  ],
  ['test/unit/initializers/initializers.test.ts', 'test/golden/declarations.test.ts'],
);

const UNSEEN_TESTS = ['test/unit/training/unseen_targets.test.ts', 'test/golden/unseen_labels.test.ts'];

const unseen = [
  ...inFile(
    'native/model/model.cc',
    [
      ['metrics count what the loss ignores', 'if (loss_->Counts(rows.target(i)))', 'if (true)'],
      ['metrics see as many rows as are ignored, the first ones', 'counted.chosen = counted_.data();', ''],
    ],
    UNSEEN_TESTS,
  ),
  ...inFile(
    'native/losses/rows.h',
    [
      ['chosen rows have the predictions of the first', 'predictions + row(i) * stride', 'predictions + i * stride'],
      [
        'chosen rows have the targets of the first',
        'static_cast<size_t>(index[row(i)])',
        'static_cast<size_t>(index[i])',
      ],
    ],
    UNSEEN_TESTS,
  ),
];

const PREEMPTION_TESTS = ['test/integration/preemption.test.ts', 'test/integration/priority.test.ts'];

const preemption = [
  ...inFile('native/model/model.cc', [
    ['states of a batch are not kept', 'for (const auto& layer : layers_) layer->Commit();', ''],
  ]),
  ...inFile(
    'native/model/model.cc',
    [
      [
        'a batch that was cancelled is committed',
        'WorkerPool::YieldOrThrow();\n      const CommitScope',
        'const CommitScope',
      ],
    ],
    PREEMPTION_TESTS,
  ),
  ...inFile(
    'native/threading/job_control.h',
    [
      [
        'a cancel cuts a step short',
        'control_.ignored_.store(JobControl::kCancel, std::memory_order_relaxed);',
        'control_.ignored_.store(JobControl::kNothing, std::memory_order_relaxed);',
      ],
    ],
    PREEMPTION_TESTS,
  ),
  ...inFile(
    'native/threading/worker_pool.cc',
    [['jobs that serve begin when a training ends', 'if (at_work.job_class == JobClass::kServing) return;', 'return;']],
    PREEMPTION_TESTS,
  ),
];

/** @type {{ file: string, what: string, find: string, replace: string, tests?: string[] }[]} */
export const FAULTS = [
  ...cells,
  ...walk,
  ...products,
  ...recurrent,
  ...gradients,
  ...gradientBlocks,
  ...cellLayers,
  ...bidirectional,
  ...masks,
  ...layout,
  ...model,
  ...streams,
  ...losses,
  ...metrics,
  ...decoding,
  ...surroundings,
  ...reversed,
  ...unseen,
  ...preemption,
  ...initializers,
];
