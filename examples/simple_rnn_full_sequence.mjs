// SPDX-License-Identifier: MIT
// A recurrent layer that returns the output of every timestep: (batch, timesteps, units).
import { clearSession, Embedding, Sequential, SimpleRNN } from 'ostinato';

clearSession();

const model = new Sequential();
model.add(new Embedding(10000, 32));
model.add(new SimpleRNN(32, { returnSequences: true }));
model.summary();
