// SPDX-License-Identifier: MIT
// The public names of this room.
export { gru, type GruParameters } from './gru';
export { lstm, type LstmParameters } from './lstm';
export { type RecurrentParameters } from './recurrent';
export { simpleRnn, type SimpleRnnParameters } from './simple_rnn';
