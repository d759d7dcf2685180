// SPDX-License-Identifier: MIT
// The public names of this room.
export { BackupAndRestore, type BackupAndRestoreOptions } from './backup_and_restore';
export {
  Callback,
  type CallbackModel,
  type CallbackParams,
  type CallbackPassOptions,
  type FitProgress,
  type Logs,
} from './callback';
export { CSVLogger, type CSVLoggerOptions } from './csv_logger';
export { EarlyStopping, type EarlyStoppingOptions } from './early_stopping';
export { History } from './history';
export { LambdaCallback, type LambdaCallbackOptions } from './lambda_callback';
export { LearningRateScheduler, type LearningRateSchedulerOptions } from './learning_rate_scheduler';
export { ModelCheckpoint, type ModelCheckpointOptions } from './model_checkpoint';
export { type ProgbarStream } from './progbar';
export { ProgbarLogger, type ProgbarLoggerOptions } from './progbar_logger';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce_lr_on_plateau';
export { SwapEMAWeights, type SwapEMAWeightsOptions } from './swap_ema_weights';
export { TensorBoard, type TensorBoardOptions } from './tensorboard';
export { TerminateOnNaN, type TerminateOnNaNOptions } from './terminate_on_nan';
