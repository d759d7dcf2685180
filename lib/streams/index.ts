// SPDX-License-Identifier: MIT
export { Stream, type Timestep } from './stream';
export { StreamGroup } from './stream_group';
export type { StreamHost } from './stream_plan';
