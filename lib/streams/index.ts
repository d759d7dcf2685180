// SPDX-License-Identifier: MIT
export { Stream, type Timestep, type Timesteps } from './stream';
export { StreamGroup } from './stream_group';
export type { ByName, ConstantOptions, StreamOptions } from './options';
export type { StreamAnswer } from './ports';
export type { StreamHost } from './stream_plan';
