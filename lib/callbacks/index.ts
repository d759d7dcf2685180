// SPDX-License-Identifier: MIT
// The public names of this room.
export { Callback, type CallbackModel, type CallbackParams, type Logs } from './callback';
export { EarlyStopping, type EarlyStoppingOptions } from './early_stopping';
export { History } from './history';
export { type ProgbarStream } from './progbar';
export { ProgbarLogger, type ProgbarLoggerOptions } from './progbar_logger';
