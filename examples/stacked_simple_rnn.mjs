// SPDX-License-Identifier: MIT
// Recurrent layers on top of each other: all but the last must return full sequences.
import { clearSession, Embedding, Sequential, SimpleRNN } from 'ostinato';

clearSession();

const model = new Sequential();
model.add(new Embedding(10000, 32));
model.add(new SimpleRNN(32, { returnSequences: true }));
model.add(new SimpleRNN(32, { returnSequences: true }));
model.add(new SimpleRNN(32, { returnSequences: true }));
model.add(new SimpleRNN(32)); // this last layer only returns the last outputs
model.summary();
