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
  [
    'the carry of the cell is dropped on the way back',
    'if (!is_last || args.carry_given) dc = Add(dc, Load(Carry(r, v)));',
    '',
  ],
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
    [
      'the hard sigmoid of Keras 2 has the slope of that of Keras 3',
      'Set1(kind == Activation::kHardSigmoid ? 1.0f / 6.0f : 0.2f)',
      'Set1(1.0f / 6.0f)',
    ],
  ]),
];

const recurrent = [
  ...inFile('native/layers/recurrent/recurrent_node.cc', [
    [
      'a walk in reverse shares padding',
      'return same_for_all_rows && !config.go_backwards;',
      'return same_for_all_rows;',
    ],
    ['a stateful layer shares padding', '!config.stateful && initial_.empty() &&', 'initial_.empty() &&'],
    ['the initial state is ignored', 'if (!initial_.empty()) return RowAt(initial_[state], r);', ''],
    ['the cell begins in the state', 'begin_in(use_.cells, given(1));', 'begin_in(use_.cells, given(0));'],
    [
      'a stateful layer takes its states by the row of the layout',
      'return carried_.values.data() + static_cast<size_t>(layout.order()[r]) * carried_.size +',
      'return carried_.values.data() + r * carried_.size +',
    ],
    [
      'a stateful layer begins anew with every batch',
      'if (!use_.config.stateful || carried_.rows == 0) return nullptr;',
      'return nullptr;',
    ],
    [
      'a stateful layer keeps its states by the row of the layout',
      'float* row = carried_.values.data() + static_cast<size_t>(layout.order()[r]) * carried_.size;',
      'float* row = carried_.values.data() + r * carried_.size;',
    ],
    [
      'the state that a row begins in is not masked',
      'use_.states[to * stride + u] * use_.state_masks[r * sizes.masked_stride + g * sizes.padded + u];',
      'use_.states[to * stride + u];',
    ],
    [
      'the gradient of the trunk is dropped',
      'batch.kernels.add(trunk_outputs_.data() + at, joins_.data() + r * stride, stride);',
      '',
    ],
    [
      'the gradient of the cells on the trunk is dropped',
      'if (use_.has_cell()) batch.kernels.add(trunk_cells_.data() + at, use_.carry.data() + r * stride, stride);',
      '',
    ],
    [
      'rows of nothing but padding learn nothing',
      'if (last) {\n      std::memcpy(join, last + r * stride, stride * sizeof(float));',
      'if (last) {\n      std::memset(join, 0, stride * sizeof(float));',
    ],
    [
      'a GRU passes nothing on to the trunk past the product',
      'if (r < walking) {\n      if (use_.cell.kind == CellKind::kGru) batch.kernels.add(join, carry, stride);',
      'if (r < walking) {',
    ],
  ]),
  ...inFile('native/layers/recurrent/cell_weights.cc', [
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
      'bias_[g * padded + u] += recurrent[g * units + u];',
      'bias_[g * padded + u] += 0.0f;',
    ],
    [
      'the kernel packed for the way back is not that of the gates',
      '{kernel, columns, columns, features, true, packed_kernel_back_.data(), 0}',
      '{kernel, columns, padded, features, true, packed_kernel_back_.data(), 0}',
    ],
  ]),
  ...inFile('native/layers/recurrent/cell_batch.h', [
    [
      'a walk in reverse ends in the state of its first step',
      'const size_t t = config.go_backwards ? layout().start(r) : layout().steps();',
      'const size_t t = layout().steps();',
    ],
    [
      'the projected inputs of a GRU lie where its recurrent candidate will',
      'projected_tokens.data() : gates.data() + cell.input_deltas * sizes.padded',
      'projected_tokens.data() : gates.data()',
    ],
  ]),
  ...inFile('native/layers/recurrent/outputs.cc', [
    [
      'zeros and carried states change places at masked steps',
      'config.zero_output ? MaskFill::kUnused : MaskFill::kCarry;',
      'config.zero_output ? MaskFill::kCarry : MaskFill::kUnused;',
    ],
    [
      'outputs that share a state keep the gradient of one of them',
      'batch.kernels.add(gradient_.data() + to * stride, output.data + p * stride, stride);',
      'std::memcpy(gradient_.data() + to * stride, output.data + p * stride, stride * sizeof(float));',
    ],
    [
      'the state that a layer gives is its cell',
      'state == 0 ? use_.states : use_.cells',
      'state == 1 ? use_.states : use_.cells',
    ],
  ]),
  ...inFile('native/layers/recurrent/gradients.cc', [
    [
      "a GRU's second row of bias learns what the first one does",
      'std::memcpy(bias_sum_.data() + gates * units + to, gradient.bias_sum() + g * padded,',
      'std::memcpy(bias_sum_.data() + gates * units + to, bias_sum_.data() + to,',
    ],
    [
      "the trunk's part of the recurrent kernel's gradient is dropped",
      'batch.kernels.add(gradient.mutable_sum() + begin * stride, trunk.sum() + begin * stride,\n                        (end - begin) * stride);',
      '',
    ],
    [
      'the recurrent kernel learns in reverse from the states after the steps',
      'const int32_t* before = use_.config.go_backwards ? layout.next() : nullptr;',
      'const int32_t* before = nullptr;',
    ],
    [
      "every gate's recurrent kernel learns from the first gate's dropped states",
      'use_.masked_states.data() + g * sizes.padded, before',
      'use_.masked_states.data(), before',
    ],
    [
      'the kernel of a reset state learns from the state',
      '{use_.reset_states.data(), nullptr, sizes.stride, cell.kept - 1, 1, 0}',
      '{use_.states.data(), before, sizes.stride, cell.kept - 1, 1, 0}',
    ],
    [
      'a weight behind the first gate goes to the first gate',
      'const size_t to = (i * each + g) * units;',
      'const size_t to = i * each * units;',
    ],
  ]),
  ...inFile('native/layers/recurrent/dropout.cc', [
    [
      'all rows share the input mask of the first',
      'const float* mask = input_masks_.data() + (p - begin) * mask_stride_;',
      'const float* mask = input_masks_.data();',
    ],
    [
      'the input mask is another one at every step',
      'const float* mask = input_masks_.data() + (p - begin) * mask_stride_;',
      'const float* mask = input_masks_.data() + p % input.layout->rows() * mask_stride_;',
    ],
    [
      'the input mask is not applied on the way back',
      'gate_gradient_[p * stride + c] * input_masks_[(p - begin) * mask_stride_ + i * width + c];',
      'gate_gradient_[p * stride + c];',
    ],
    [
      'all gates share one input mask where each has its own',
      'return use_.config.recurrent_dropout > 0.0f && use_.cell.kind != CellKind::kSimpleRnn ? use_.cell.gates : 1;',
      'return 1;',
    ],
  ]),
];

const gradients = [
  ...inFile('native/layers/weight_gradient.cc', [
    [
      'the last chunk of rows is left out of a weight gradient',
      'chunk < partials_; ++chunk)\n    kernels.add(sums,',
      'chunk + 1 < partials_; ++chunk)\n    kernels.add(sums,',
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
  ...inFile('native/layers/recurrent/gru.cc', [
    ['the update and reset gates of the recurrent kernel change places', '{2, 0, 1}', '{2, 1, 0}'],
    ["the inputs learn from the product's deltas", 'CellKind::kGru, 3, 4, 1', 'CellKind::kGru, 3, 4, 0'],
  ]),
  ...inFile('native/layers/recurrent/lstm.cc', [
    ['the gates c and o of the recurrent kernel change places', '{0, 1, 2, 3}', '{0, 1, 3, 2}'],
  ]),
];

const bidirectional = [
  ...inFile('native/layers/merging/concatenate.cc', [
    ['all halves lie over the first', 'out += view.columns;', ''],
    [
      "all halves have the first one's gradient",
      'output.data + r * output.stride + first,',
      'output.data + r * output.stride,',
    ],
  ]),
  ...inFile('native/layers/merging/merge.cc', [
    ['the average is a sum', 'for (size_t c = 0; c < columns; ++c) out[c] /= count;', ''],
    ["the average's gradient is that of a sum", 'out[c] = d[c] / count;', 'out[c] = d[c];'],
    [
      'a product learns from its own factor',
      'if (j != i && !source.is_masked) Combine(',
      'if (!source.is_masked) Combine(',
    ],
    [
      'the second of two that are merged passes no gradient on',
      'if (needs[i]) inputs[i] =',
      'if (needs[i] && i == 0) inputs[i] =',
    ],
  ]),
];

const masks = [
  ...inFile('native/layers/masking.cc', [
    ['a step is masked where its first column is', 'c < columns; ++c', 'c < 1; ++c'],
    [
      'a masked step of a stream is not said to be one',
      'batch.masked[i] = !Counts(x, columns, config_.value);',
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
      'batch.kernels.add(gradient_.data() + static_cast<size_t>(position) * stride,\n                            output.data + (1 + t * rows + row) * stride, stride);',
      'std::memcpy(gradient_.data() + static_cast<size_t>(position) * stride,\n                            output.data + (1 + t * rows + row) * stride, stride * sizeof(float));',
    ],
    [
      'masked steps are filled by the other rule',
      'from.ExpandIndex(input.fill == MaskFill::kCarry, &index_, in_batch_order_);',
      'from.ExpandIndex(input.fill != MaskFill::kCarry, &index_, in_batch_order_);',
      'Index(input.fill == MaskFill::kCarry);',
      'Index(input.fill != MaskFill::kCarry);',
    ],
    [
      'positions that rows share pass no gradient on',
      'for (size_t q = 1; q < positions_.size(); ++q)',
      'for (size_t q = positions_.size(); q < positions_.size(); ++q)',
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
    'return tokens[static_cast<size_t>(batch_samples_[i]) * source_steps_ + t] != 0;',
    'return tokens[i * source_steps_ + t] != 0;',
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

const model = [
  ...inFile('native/model/head.cc', [
    [
      'the loss sees the rows of the first step alone',
      'if (is_fused_) rows.predictions = logits_;',
      'if (is_fused_) rows.predictions = logits_; rows.count = std::min(rows.count, rows.count / rows.steps);',
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
  ]),
  ...inFile('native/model/model.cc', [
    [
      'the outputs of every batch are written over those of the first',
      'run.outputs[k] + done * output_sizes_[k]',
      'run.outputs[k]',
    ],
    [
      'the mask of the tokens is ignored',
      'source.shares_padding, source.mask_zero, walk_rows',
      'source.shares_padding, false, walk_rows',
    ],
  ]),
];

const GRAPH_TESTS = ['test/unit/models/graphs.test.ts', 'test/golden/differential_graphs.test.ts'];
const inGraphs = (file, faults) => inFile(file, faults, GRAPH_TESTS);

/** Layers with several uses, values with several readers. */
const sharing = [
  ...inGraphs('native/layers/gradient_sums.cc', [
    [
      "a dense gradient is the last use's",
      'kernels.add(to, sum->uses[use].data + i * sum->uses[use].stride, columns);',
      'std::memcpy(to, sum->uses[use].data + i * sum->uses[use].stride, columns * sizeof(float));',
    ],
    [
      "the gradient of a token is the last use's",
      'kernels.add(to, from, columns);',
      'std::memcpy(to, from, columns * sizeof(float));',
    ],
    [
      'the first use of a weight does not count',
      'for (const WeightRows& use : sum->uses) {\n    const size_t known',
      'for (const WeightRows& use : {sum->uses.back()}) {\n    const size_t known',
    ],
    ['tokens of the batch before keep their gradients', 'sum->slots[static_cast<size_t>(sum->tokens[u])] = -1;', ';'],
    ['the uses of a batch are added to those of the batch before', 'for (Sum& sum : sums_) sum.uses.clear();', ''],
  ]),
  ...inGraphs('native/model/model.cc', [
    [
      'the gradient of a value is that of its first reader',
      '  if (sum.data)\n    AddRows(',
      '  if (sum.data && gradient.stride == 0)\n    AddRows(',
    ],
    [
      'a gradient by position is dropped where another is summed per token',
      'if (known.by_position.data) {',
      'if (false) {',
    ],
    [
      'a penalty on an output that no loss depends on has no gradient',
      'if (!is_given && !node.node->AddsPenalty()) continue;',
      'if (!is_given) continue;',
    ],
  ]),
];

/** Several losses. */
const weighted = inGraphs('native/model/head.cc', [
  ['the weight of a loss does not weigh its gradient', 'out, scale * config_.weight);', 'out, scale);'],
]);

/** States that are handed over: their rows, and the way back. */
const states = [
  ...inGraphs('native/layers/expand.cc', [
    [
      'a vector in another order of rows keeps its own',
      'place_[r] = row_of[static_cast<size_t>(layout.order()[r])];',
      'place_[r] = static_cast<int32_t>(r);',
    ],
    [
      'the gradient of a vector keeps the order of rows of its reader',
      'std::memcpy(gradient_.data() + static_cast<size_t>(place_[r]) * stride, output.data + r * stride,\n                stride * sizeof(float));\n  return {gradient_.data(), stride, false};\n}\n\n}',
      'std::memcpy(gradient_.data() + r * stride, output.data + r * stride, stride * sizeof(float));\n  return {gradient_.data(), stride, false};\n}\n\n}',
    ],
  ]),
  ...inGraphs('native/layers/recurrent/recurrent_node.cc', [
    ['the state that is handed over gets no gradient', 'if (needs[1]) inputs[1] =', 'if (false) inputs[1] ='],
    ['the cell that is handed over gets no gradient', 'if (use_.has_cell() && needs[2])', 'if (false)'],
    [
      'the gradient of a last cell is dropped',
      'last_cells_given_ = use_.has_cell() && outputs[2].data;',
      'last_cells_given_ = false;',
    ],
    [
      'a GRU passes nothing on past the product to the state that it began in',
      'if (layout.start(r) < layout.steps()) {\n      if (use_.cell.kind == CellKind::kGru) batch.kernels.add(join, carry, stride);',
      'if (layout.start(r) < layout.steps()) {',
    ],
    [
      'the gradient of a state that a row without steps began in is dropped',
      'if (last) std::memcpy(join, last + r * stride, stride * sizeof(float));\n',
      '',
    ],
    [
      'all rows began at the first step of the batch',
      ': std::min(layout.start(r), layout.steps() - 1);',
      ': size_t{0};',
    ],
  ]),
  ...inGraphs('native/layers/recurrent/outputs.cc', [
    [
      'the gradient of a last state is dropped beside that of the last output',
      'if (state.data) batch.kernels.add(last, state.data, layout.rows() * stride);',
      '',
    ],
  ]),
  ...inGraphs('native/layers/recurrent/dropout.cc', [
    [
      'the gradient of a dropped state is not masked',
      '                                       use_.state_masks[r * sizes.masked_stride + g * padded + u];',
      '                                       1.0f;',
    ],
  ]),
  ...inGraphs('native/layers/set_mask.cc', [
    [
      'a mask of its own is that of the rows as they came',
      'const Tensor mask = align_.Forward(inputs[1], layout);',
      'const Tensor mask = inputs[1];',
    ],
  ]),
];

/** Values of rank 4. */
const parts = [
  ...inGraphs('native/layers/fold.cc', [
    [
      'vectors become timesteps row by row',
      'place_[1 + row % parts * rows + row / parts] = static_cast<int32_t>(r);',
      'place_[1 + row] = static_cast<int32_t>(r);',
    ],
    [
      'the first timestep is the row of every part',
      'gradient_.data() + Position(i) * stride',
      'gradient_.data() + (1 + i) * stride',
    ],
    [
      'vectors of parts lose the mask of their sample',
      'output.counts = inputs_ == 2 ? mask_.InBatchOrder(inputs[1]).counts : nullptr;',
      'output.counts = nullptr;',
    ],
  ]),
  ...inGraphs('native/layers/fold.h', [
    [
      'timesteps become rows step by step',
      'return 1 + (row % parts_ * steps_ + step) * rows_ + row / parts_;',
      'return 1 + i;',
    ],
  ]),
  ...inGraphs('native/batch/batch_layout.cc', [
    [
      'the parts of a sample are those of the first',
      'order_[i] = from.order()[r] * static_cast<int32_t>(parts) + static_cast<int32_t>(t);',
      'order_[i] = static_cast<int32_t>(i);',
    ],
  ]),
  ...inGraphs('native/model/model.cc', [
    [
      'a sample consists of the parts of the sample before',
      'parts_[i] = static_cast<int32_t>(sample * parts + i % parts);',
      'parts_[i] = static_cast<int32_t>(sample * parts + (i + 1) % parts);',
    ],
  ]),
  ...inGraphs('native/layers/activity_regularization.h', [
    ['a penalty counts parts as samples', 'input_.parts > 0 ? rows / input_.parts : rows', 'rows'],
  ]),
  ...inGraphs('native/model/head.cc', [
    ['targets of parts are those of the first', 'if (tensor.parts > 0) rows_.steps *= tensor.parts;', ''],
  ]),
];

const STREAM_TESTS = [
  'test/unit/streams/streams.test.ts',
  'test/unit/streams/graph_streams.test.ts',
  'test/golden/decoding.test.ts',
];
const inStreams = (file, faults) => inFile(file, faults, STREAM_TESTS);

const streams = [
  ...inStreams('native/layers/recurrent/recurrent.cc', [
    ['a masked step moves the states of its stream', 'if (!input.masked || !input.masked[r]) {', 'if (true) {'],
    [
      'the cell of a stream lies where its state does',
      'body(r, cells + r * stride, kept + padded);',
      'body(r, cells + r * stride, kept);',
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
    [
      'the cell that a stream gives is its state',
      '{batch.states + state * padded, batch.places,',
      '{batch.states, batch.places,',
    ],
  ]),
  ...inStreams('native/layers/conv1d.cc', [
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
    [
      'a mask of a stream goes on behind a convolution',
      'return {batch.work, nullptr, stride_, config_.filters};',
      'return {batch.work, nullptr, stride_, config_.filters, input.masked};',
    ],
  ]),
  ...inStreams('native/layers/batch_normalization.cc', [
    [
      'streams keep the moments that they met first',
      'PackOnce(nullptr, [&] { ReadMoving(&step_mean_, &step_inverse_); });',
      'if (step_mean_.size() == 0) ReadMoving(&step_mean_, &step_inverse_);',
    ],
  ]),
  ...inStreams('native/layers/embedding.cc', [
    ['streams do not mask token 0', 'batch.masked[i] = input.index[i] == 0;', 'batch.masked[i] = false;'],
  ]),
  ...inStreams('native/layers/merging/merge.cc', [
    [
      'a timestep of a stream is masked where it is masked in any input',
      'batch.masked[r] = 1;\n    for (size_t i = 0; i < inputs.size(); ++i) batch.masked[r] &= inputs[i].masked[r];',
      'batch.masked[r] = 0;\n    for (size_t i = 0; i < inputs.size(); ++i) batch.masked[r] |= inputs[i].masked[r];',
    ],
  ]),
  ...inStreams('native/streams/stepper.cc', [
    ['all layers of a stream keep their states in one place', 'batch.states += stage.states;', ''],
    ['all layers of a stream work in one place', 'room->work.data() + whole.rows * stage.work', 'room->work.data()'],
    [
      'all masks of a stream are one',
      'batch.masked = room->masked.data() + whole.rows * number;',
      'batch.masked = room->masked.data();',
    ],
    [
      'a stream that begins anew forgets its constants',
      'std::memset(own + constant_floats_, 0, (stream_floats_ - constant_floats_) * sizeof(float));',
      'std::memset(own, 0, stream_floats_ * sizeof(float));',
    ],
    [
      'a stream that begins anew keeps its states',
      'std::memset(own + constant_floats_, 0,',
      'std::memset(own + stream_floats_, 0, 0 *',
    ],
    [
      'a cell of an initial state is the state',
      'RowAt(room->values[stage.inputs[1 + state]], 0)',
      'RowAt(room->values[stage.inputs[1]], 0)',
    ],
    [
      'what follows from constants is computed for the first stream alone',
      'std::memcpy(own + kept_[kept].place, RowAt',
      'std::memcpy(states + kept_[kept].place, RowAt',
    ],
    [
      'all streams have the constants of the first',
      'places, stream_floats_, constant.columns}',
      'nullptr, 0, constant.columns}',
    ],
    ['several outputs of a stream are the first', 'outputs[k] + i * view.columns', 'outputs[0] + i * view.columns'],
  ]),
  ...inStreams('native/streams/stream_group.cc', [
    [
      'every block of streams reads the inputs of the first',
      'inputs[i].values + begin * stepper_->inputs()[i].columns',
      'inputs[i].values',
    ],
    ['every block of streams reads the tokens of the first', 'inputs[i].tokens + begin', 'inputs[i].tokens'],
    ['every block of streams steps those of the first', 'places + begin', 'places'],
    [
      'every block of streams answers where the first does',
      'outputs[k] + begin * stepper_->outputs()[k].columns',
      'outputs[k]',
    ],
    [
      'a stream begins in the states of the one that had its number',
      '  stepper_->Forget(static_cast<int32_t>(place), states_->data());\n',
      '',
    ],
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
const ATTENTION_TESTS = [
  'test/golden/attention.test.ts',
  'test/unit/contract/attention.test.ts',
  'test/unit/layers/attention.test.ts',
  'test/unit/layers/dot.test.ts',
];
const attention = [
  ...inFile(
    'native/kernels/attention-inl.h',
    [
      [
        'scores of attention are not scaled',
        'MulAdd(Load(row + j), scale, keys',
        'MulAdd(Load(row + j), Set1(1.0f), keys',
      ],
      [
        'a causal query attends to the key behind it',
        'i + 1 < args.columns ? i + 1 : args.columns',
        'i + 2 < args.columns ? i + 2 : args.columns',
      ],
      ['all queries attend to the keys of the first', 'args.keys + i * args.key_stride', 'args.keys'],
      ['masked queries of heads attend', 'args.queries[i * args.query_stride] != 0', 'true'],
      [
        'a query without keys attends to all alike where it attends to none',
        'args.no_keys == NoKeys::kAlike ? 1.0f',
        'args.no_keys != NoKeys::kLower ? 1.0f',
      ],
      ['a query without keys attends to none', 'args.no_keys == NoKeys::kLower', 'false'],
      ['scores learn where they do not matter', 'args.no_keys == NoKeys::kAlike && ', 'false && '],
      ['the gradient of weights lacks their sum', 'Sub(Load(d + j), sum)', 'Load(d + j)'],
      ['the gradient of scores is not scaled', 'Mul(Mul(scale, Load(y + j))', 'Mul(Mul(Set1(1.0f), Load(y + j))'],
      ['a sum of tanh is not weighted', 'MulAdd(Load(args.weights + c), Tanh', 'MulAdd(Set1(1.0f), Tanh'],
      ['queries learn from tanh without its scale', 'dquery = MulAdd(scale, u, dquery)', 'dquery = Add(u, dquery)'],
      ['the scale of tanh learns from the tanh', 'dscale = MulAdd(u, x, dscale)', 'dscale = MulAdd(u, t, dscale)'],
    ],
    ATTENTION_TESTS,
  ),
  ...inFile(
    'native/layers/attention/attention.cc',
    [
      ['masks are those of the row behind', '1 + j * rows_ + r;', '1 + j * rows_ + (r + 1) % rows_;'],
      ['values are masked by the mask of the queries', 'values = ValueView().counts;', 'values = QueryView().counts;'],
      ['masks of keys do not count', '&& (!keys || keys[position])', ''],
      ['masks of pairs are those of the first query', '== 1 ? 0 : i) * rows_ + r);', '== 1 ? 0 : 0) * rows_ + r);'],
      [
        'means are those of the values of another row',
        'keys_, value_.Of(r, head), false',
        'keys_, value_.Of(rows_ - 1 - r, head), false',
      ],
      [
        'scores are those of the keys of another row',
        'Keys().Of(r, head), true, keys_',
        'Keys().Of(rows_ - 1 - r, head), true, keys_',
      ],
      [
        'heads read the first',
        'Multiply(kernels, query_.Of(r, head), queries_',
        'Multiply(kernels, query_.Of(r, 0), queries_',
      ],
      ['the outputs of masked queries stay', 'if (!counts[1 + t * rows_ + r]) std::memset', 'if (false) std::memset'],
      ['masked queries learn', 'if (!query.counts[p]) std::memset', 'if (false) std::memset'],
      [
        'values that are keys too forget the gradient of the means',
        'accumulate = !call_.has_key && wanted.value && wanted.output.data;',
        'accumulate = false;',
      ],
      ['the gradient of the scale is scaled', 'scale_sum /= static_cast<double>(scale);', ''],
      ['all rows and heads drop the same weights', 'static_cast<uint64_t>(r * heads_ + head) * queries_ * keys_', '0'],
      [
        'weights are dropped on the way there alone',
        'if (drops) Drop(r, head, scratch.gradient',
        'if (false) Drop(r, head, scratch.gradient',
      ],
      [
        'values learn from what was dropped',
        'MultiplyTransposed(kernels, {weights, stride_}',
        'MultiplyTransposed(kernels, {WeightsOf(r, head), stride_}',
      ],
      [
        'scores are given before dropout',
        'const bool dropped = Drops(batch) && GivesDropped();',
        'const bool dropped = false;',
      ],
      ['scores of heads learn from behind dropout', 'if (!multi_head) add_scores(head);', 'add_scores(head);'],
      ['scores come in the order of the steps', '1 + r * steps + step);', '1 + step * rows_ + r);'],
    ],
    ATTENTION_TESTS,
  ),
  ...inFile(
    'native/layers/row_matrices.cc',
    [
      ['steps at several distances are read as at one', '!= distance) return false;', '!= distance) continue;'],
      ['rows without padding are read with it', 'view_.stride >= PaddedColumns(view_.columns) && ', ''],
      [
        'parts of a row are written where they need no padding',
        'part < parts_; ++part, out += columns_',
        'part < parts_; ++part, out += part_stride_',
      ],
    ],
    ATTENTION_TESTS,
  ),
  ...inFile(
    'native/layers/merging/arrange.cc',
    [
      [
        'rows of two values stay in orders of their own',
        'expand_[i].InBatchOrder(inputs[i])',
        'inputs[i].space == Space::kSteps ? expand_[i].Forward(inputs[i]) : inputs[i]',
      ],
    ],
    ATTENTION_TESTS,
  ),
  ...inFile(
    'native/layers/merging/dot.cc',
    [
      ['lines are not divided by their length', 'static_cast<float>(x[k * x_step] * inverse)', 'x[k * x_step]'],
      ['lengths learn nothing', 'along += static_cast<double>(y[k * y_step]) * d[k * d_step];', ''],
      [
        'the sides of a product change places',
        'is_vector(1) && !is_vector(0) ? 1 : 0',
        'is_vector(1) && !is_vector(0) ? 0 : 0',
      ],
      [
        'the left side learns from the right side as it lies',
        'd, m, n, right, !right_.sums_columns, k, out, scratch',
        'd, m, n, right, true, k, out, scratch',
      ],
      [
        'a product that is turned is not turned back',
        'Transpose({turned, stride}, n, m, out);',
        'Transpose({turned, stride}, m, n, out);',
      ],
    ],
    ATTENTION_TESTS,
  ),
];

const JOIN_TESTS = [
  'test/unit/layers/joins.test.ts',
  'test/unit/streams/joins.test.ts',
  'test/golden/joins.test.ts',
  'test/unit/contract/joins.test.ts',
];

const joins = [
  [
    'merging/merge.cc',
    [
      ['inputs that are masked are merged like others', 'if (SkipsMasked(kind) && source.is_masked) continue;', ''],
      [
        'where all inputs are masked every merge is zero',
        'if (kind == MergeKind::kMultiply)\n      std::memset',
        'if (true)\n      std::memset',
      ],
      [
        'an input is masked where the first one is',
        'view.counts && !view.counts[position]}',
        'arrange_.views()[0].counts && !arrange_.views()[0].counts[PositionOf(0, t, r)]}',
      ],
      [
        'a step counts where it counts in the last input',
        'counts_[1 + t * rows + r] |= views[i].counts',
        'counts_[1 + t * rows + r] = views[i].counts',
      ],
      [
        'masked steps that a layout leaves out are merged by its rule',
        'if (unmasked_ && SkipsMasked(kind_)',
        'if (!unmasked_ && SkipsMasked(kind_)',
      ],
      ['the second of a difference learns as if it were added', 'i == 0 ? d[c] : -d[c]', 'd[c]'],
      ['each input of a mean has the whole gradient', 'out[c] = d[c] / count;', 'out[c] = d[c];'],
      ['a factor is in its own gradient', 'if (j != i && !source.is_masked) Combine', 'if (!source.is_masked) Combine'],
      [
        'masked factors are in the gradient of others',
        'if (j != i && !source.is_masked) Combine',
        'if (j != i) Combine',
      ],
      ['the later of two that are equal has the whole gradient', 'x == running[c] ? 0.5f', 'x == running[c] ? 1.0f'],
      ['an extreme that was beaten keeps its gradient', 'out[c] * (1.0f - won)', 'out[c]'],
      ['where all are masked no input has a gradient', 'i == 0 ? 1.0f : 0.0f;  // where', '0.0f;  // where'],
      [
        'an input that stands at every step has the gradient of the last',
        'to[is_narrow ? 0 : c] += slope[c];',
        'to[is_narrow ? 0 : c] = slope[c];',
      ],
      ['a stream merges masked inputs like others', 'input.masked && input.masked[r]};', 'false};'],
    ],
  ],
  [
    'merging/concatenate.cc',
    [
      [
        'a step side by side counts where it counts in the last input',
        'counts_[i] |= view.counts[i];',
        'counts_[i] = view.counts[i];',
      ],
      [
        'steps one after another all count',
        'view.counts ? view.counts[1 + i] : 1;',
        'view.counts ? uint8_t{1} : uint8_t{1};',
      ],
      ['all inputs side by side learn from the first columns', ': views[i].columns;\n  }', ': 0;\n  }'],
      ['all inputs one after another learn from the first steps', '(first + begin) * stride', 'begin * stride'],
    ],
  ],
  [
    'merging/arrange.cc',
    [
      [
        'masked steps of two inputs are filled by one rule',
        '!first.layout->masked() || input.fill == first.fill',
        '!first.layout->masked() || input.layout == first.layout',
      ],
      [
        'rows of two layouts are joined as they lie',
        'views_[i] = expand_[i].InBatchOrder(inputs[i]);',
        'views_[i] = inputs[i].space == Space::kSteps ? expand_[i].WithMask(inputs[i]) : inputs[i];',
      ],
    ],
  ],
  [
    'expand.cc',
    [
      [
        'the way back changes the view',
        'to.ExpandIndex(input_.fill == MaskFill::kCarry, &positions_, in_batch_order_);',
        'to.ExpandIndex(input_.fill == MaskFill::kCarry, &positions_, in_batch_order_);\n' +
          '  to.ExpandIndex(input_.fill == MaskFill::kCarry, &index_, in_batch_order_);',
      ],
      [
        'the mask of a row is that of another',
        'counts_[1 + from.source_step(r, t) * rows + row] = 1;',
        'counts_[1 + from.source_step(r, t) * rows + r] = 1;',
      ],
      [
        'the gradient of a vector goes to another row',
        'output.data + static_cast<size_t>(from.order()[r]) * stride,',
        'output.data + r * stride,',
      ],
    ],
  ],
].flatMap(([name, faults]) => inFile(`native/layers/${name}`, faults, JOIN_TESTS));

const MOVED_TESTS = [
  'test/unit/layers/reshaping.test.ts',
  'test/golden/joins.test.ts',
  'test/unit/contract/moving_steps.test.ts',
];

const noise = inFile(
  'native/layers/gaussian_noise.cc',
  [
    [
      'the gradient passes noise that multiplies by',
      'if (!acts_ || !config_.multiplies || !needs_input)',
      'if (!acts_ || config_.multiplies || !needs_input)',
    ],
    ['noise multiplies without its 1', 'static_cast<float>(1.0 + noise)', 'static_cast<float>(noise)'],
  ],
  ['test/unit/layers/noise.test.ts', 'test/unit/contract/contract.test.ts'],
);

const moved = [
  [
    'select_steps.cc',
    [
      ['indices from the end count from the beginning', '*given < 0 ? *given + steps : *given', '*given'],
      [
        'steps that are turned round end before the first',
        'bound(config.end, stride < 0 ? least : most);',
        'bound(config.end, stride < 0 ? 0 : most);',
      ],
      [
        'the mask stays where it was',
        'view_.counts + 1 + static_cast<size_t>(selected.Source(s)) * rows, rows);',
        'view_.counts + 1 + s * rows, rows);',
      ],
      [
        'a step that is repeated learns from the last of them',
        'batch.kernels.add(gradient_.data() + (1 + static_cast<size_t>(source) * rows + begin) * stride,\n' +
          '                        output.data + (base + s * rows + begin) * stride, (end - begin) * stride);',
        'std::memcpy(gradient_.data() + (1 + static_cast<size_t>(source) * rows + begin) * stride,\n' +
          '                        output.data + (base + s * rows + begin) * stride, (end - begin) * stride * 4);',
      ],
    ],
  ],
  [
    'select_steps.h',
    [
      [
        'zeros take steps away from the end',
        'static_cast<int64_t>((s - before) / repeats)',
        'static_cast<int64_t>(s / repeats)',
      ],
    ],
  ],
  [
    'slice_features.cc',
    [
      [
        'features learn from their place in the slice',
        'gradient_[i * stride + config_.Source(c)]',
        'gradient_[i * stride + c]',
      ],
    ],
  ],
  [
    'permute.cc',
    [
      [
        'steps become features in reverse',
        'output_[(1 + c * rows + r) * stride + t] = x[c];',
        'output_[(1 + c * rows + r) * stride + steps - 1 - t] = x[c];',
      ],
      ['steps learn in reverse', 'output.stride + t];', 'output.stride + steps - 1 - t];'],
    ],
  ],
].flatMap(([name, faults]) => inFile(`native/layers/reshaping/${name}`, faults, MOVED_TESTS));

const PARAMETRIC_TESTS = [
  'test/unit/layers/parametric.test.ts',
  'test/unit/streams/joins.test.ts',
  'test/golden/joins.test.ts',
  'test/unit/contract/parametric.test.ts',
];

const parametric = [
  [
    'activations/rectifier.h',
    [
      ['the slope below the threshold begins at 0', 'slope * (x[c] - threshold)', 'slope * x[c]'],
      [
        'outputs at the limit learn',
        'const float above = x[c] < max_value ? 1.0f : 0.0f;',
        'const float above = 1.0f;',
      ],
      [
        'inputs below the threshold learn nothing',
        'x[c] < threshold ? slope : slope_at_threshold',
        'slope_at_threshold',
      ],
    ],
  ],
  [
    'activations/elu.h',
    [
      ['alpha is 1', 'y[c] : alpha * y[c];', 'y[c] : y[c];'],
      ['the derivative has an alpha of 1', 'y[c] + alpha);', 'y[c] + 1.0f);'],
    ],
  ],
  [
    'activations/prelu.cc',
    [
      ['slopes learn from all inputs', 'if (x[c] < 0.0f) sums[c]', 'sums[c]'],
      ['inputs learn as if slopes were 1', 'd[c] * parameter.At(layer_.alpha(), step, c) : 0.0f;', 'd[c] : 0.0f;'],
    ],
  ],
  [
    'step_parameter.h',
    [
      [
        'parameters of steps are those of rows',
        '(position - 1) / view_.layout->rows()',
        '(position - 1) % parameter_.steps',
      ],
      [
        'a parameter that features share learns from the last',
        'all += sums[t * columns + c];',
        'all = sums[t * columns + c];',
      ],
    ],
  ],
  [
    'activations/masked_softmax.cc',
    [
      ['features that are left out are what is left where all are', 'if (!is_kept(c)) y[c] = 0.0f;', ''],
      ['a mask of a little keeps', '> 0.5f;', '> 0.0f;'],
    ],
  ],
  ['normalization/unit_normalization.h', [['lengths learn', '(d[c] - y[c] * along) * factor', 'd[c] * factor']]],
  ['normalization/rescaling.h', [['the gradient is not scaled', 'dx[c] = d[c] * Of(scale, c);', 'dx[c] = d[c];']]],
  [
    'normalization/normalization.cc',
    [
      [
        'features are divided by their variance',
        'std::max(std::sqrt(variance[i]), kLeastDeviation)',
        'std::max(variance[i], kLeastDeviation)',
      ],
      [
        'features that do not vary are divided by zero',
        'std::max(std::sqrt(variance[i]), kLeastDeviation)',
        'std::sqrt(variance[i])',
      ],
      [
        'the gradient of the inverse is that of what it inverts',
        'layer_.config_.invert ? d[c] * deviation',
        '!layer_.config_.invert ? d[c] * deviation',
      ],
    ],
  ],
  [
    'normalization/moments.cc',
    [
      ['parts are of one mean', ' + distance * distance * before * share', ''],
      ['parts count alike', 'share = added / (before + added);', 'share = before > 0.0 ? 0.5 : 1.0;'],
    ],
  ],
].flatMap(([name, faults]) => inFile(`native/layers/${name}`, faults, PARAMETRIC_TESTS));
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
    'native/layers/recurrent/outputs.cc',
    [
      [
        'masked steps stand among outputs in reverse in the order of the steps',
        '(IsReversed() ? steps - 1 - source : source) * rows',
        'source * rows',
      ],
      [
        'the mask of outputs in reverse stays as it was',
        'if (layout.masked()) output.layout = &layout_;',
        'if (IsExpanded()) output.layout = &layout_;',
      ],
      [
        'a reversed mask lies over outputs in the order of the steps',
        'StateAfter(r, layout.reversed_step(r, t))',
        'StateAfter(r, t)',
      ],
      ['masked steps among the outputs count', 'counts_[place] = counts;', 'counts_[place] = true;'],
    ],
    REVERSED_TESTS,
  ),
  ...inFile(
    'native/layers/recurrent/recurrent.cc',
    [
      [
        'the last output of a stream is zero at a masked step',
        '} else if (config_.zero_output && config_.return_sequences) {',
        '} else if (config_.zero_output) {',
      ],
    ],
    REVERSED_TESTS,
  ),
  ...inFile(
    'native/layers/recurrent/outputs.h',
    [
      [
        'a second direction that does not go backwards is not reversed',
        'return use_.config.go_backwards != use_.flips_outputs;',
        'return use_.config.go_backwards && !use_.flips_outputs;',
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
  'native/initializers/constant.cc',
  [
    [
      'the last value of an array is not copied',
      'std::copy(values + begin, values + end, out + begin);',
      'std::copy(values + begin, values + end - 1, out + begin);',
    ],
  ],
  ['test/unit/initializers/initializers.test.ts', 'test/golden/declarations.test.ts'],
);

const UNSEEN_TESTS = ['test/unit/training/unseen_targets.test.ts', 'test/golden/unseen_labels.test.ts'];

const unseen = [
  ...inFile(
    'native/model/head.cc',
    [
      ['metrics count what the loss ignores', 'if (loss_->Counts(rows_.target(i)))', 'if (true)'],
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
    ['states of a batch are not kept', 'for (const PlannedNode& node : plan_.nodes()) node.node->Commit();', ''],
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
  ...inFile(
    'native/layers/layer.cc',
    [
      [
        'weights that a cancelled job drew a part of are taken for drawn',
        '    const Pending& next = pending_.back();',
        '    is_settled_ = true;\n    const Pending& next = pending_.back();',
      ],
    ],
    PREEMPTION_TESTS,
  ),
  ...inFile(
    'native/layers/recurrent/gradients.cc',
    [
      [
        'rows of a recurrent gradient that are reduced later are those of the first task',
        'gradient.sum() + k * stride + g * padded, units',
        'gradient.sum() + (k - begin) * stride + g * padded, units',
      ],
      [
        'rows of a gradient of a kernel that are reduced later are those of the first task',
        'gradient.sum() + k * gradient.stride() + g * padded',
        'gradient.sum() + (k - begin) * gradient.stride() + g * padded',
      ],
    ],
    PREEMPTION_TESTS,
  ),
  ...inFile(
    'native/napi/native_model.cc',
    [
      [
        'who reads weights does not wait for a step that was left',
        'for (const auto& shared : layers_) shared->copies = strand_;\n      ReleaseLayers',
        'ReleaseLayers',
      ],
      [
        'a step that was left reports over what was written since',
        'if (left_ == state.get()) ReportStep',
        'ReportStep',
      ],
      [
        'iterations are read before a step that was left',
        'if (left_ && !running_) CatchUp();\n    return Napi::Number::New(info.Env(), static_cast<double>(reported_iterations_))',
        'return Napi::Number::New(info.Env(), static_cast<double>(reported_iterations_))',
      ],
      ['a run that moves the weights is waited for', 'running_->control->commits();', 'false;'],
    ],
    PREEMPTION_TESTS,
  ),
  ...inFile(
    'native/layers/weight_gradient.cc',
    [
      [
        'partial sums of rows that are reduced later are those of the first',
        'partial_.data() + chunk * outer_.k * stride_ + first, size',
        'partial_.data() + chunk * outer_.k * stride_, size',
      ],
    ],
    [...PREEMPTION_TESTS, 'test/unit/contract/recurrent_gradients.test.ts'],
  ),
];

/** @type {{ file: string, what: string, find: string, replace: string, tests?: string[] }[]} */
const files = [
  ...inFile(
    'native/optimizers/optimizer.h',
    [
      [
        'arrays of a file are taken for new memory',
        '    buffers_[array]->Swap(*values);\n    is_untouched_ = false;',
        '    buffers_[array]->Swap(*values);',
      ],
    ],
    ['test/unit/models/files.test.ts'],
  ),
  ...inFile(
    'native/napi/native_model.cc',
    [
      [
        'weights that were to be drawn take the place of those of a file',
        `        model->DropPending(item.index);
        model->plan().parameters()[item.index]->value.Swap(store->arrays[i]);`,
        '        model->plan().parameters()[item.index]->value.Swap(store->arrays[i]);',
      ],
      [
        'what was packed of the weights before a file is used on',
        `        model->optimizer()->Exchange(item.index, &store->arrays[i]);
      }
    }
    model->Invalidate();`,
        `        model->optimizer()->Exchange(item.index, &store->arrays[i]);
      }
    }`,
      ],
      [
        'the arrays of the optimizer in a file are passed over',
        'model->optimizer()->Exchange(item.index, &store->arrays[i]);',
        '',
      ],
    ],
    [
      'test/unit/models/files.test.ts',
      'test/integration/native_misuse.test.ts',
      'test/integration/optimizer_resume.test.ts',
    ],
  ),
  ...inFile(
    'native/napi/native_store.cc',
    [
      [
        'each part of an array is written at its beginning',
        'writes ? store->arrays[index].data() + begin : values.Data()',
        'writes ? store->arrays[index].data() : values.Data()',
      ],
      [
        'each part of an array is read from its beginning',
        'writes ? values.Data() : store->arrays[index].data() + begin',
        'writes ? values.Data() : store->arrays[index].data()',
      ],
    ],
    ['test/unit/models/files.test.ts', 'test/integration/native_misuse.test.ts'],
  ),
];

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
  ...sharing,
  ...weighted,
  ...states,
  ...parts,
  ...streams,
  ...losses,
  ...metrics,
  ...decoding,
  ...attention,
  ...joins,
  ...noise,
  ...moved,
  ...parametric,
  ...surroundings,
  ...reversed,
  ...unseen,
  ...preemption,
  ...initializers,
  ...files,
];
