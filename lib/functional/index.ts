// SPDX-License-Identifier: MIT
// The public names of this room.
export { simpleRnn, type SimpleRnnParameters } from './simple_rnn';
