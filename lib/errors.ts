// SPDX-License-Identifier: MIT
// Every error that ostinato raises on purpose. Messages have one form: "where: expected X, received Y. Hint."
// Match on `code`, which is stable; the text may improve.

/** Stable codes, one per way in which a call can be refused. */
export type ErrorCode =
  | 'ERR_CONFIG' // an option or argument that names or describes something has a bad value
  | 'ERR_UNKNOWN_OPTION' // an option that does not exist
  | 'ERR_UNKNOWN_NAME' // a string that names no layer, loss, optimizer ...
  | 'ERR_TYPE' // a value of the wrong kind
  | 'ERR_SHAPE' // an array of the wrong rank or size
  | 'ERR_RANGE' // a number outside its range, a token outside the vocabulary
  | 'ERR_DATA' // data that cannot be used: empty, detached, shared, NaN ids, a malformed file
  | 'ERR_STATE' // a call that needs something first: build, compile
  | 'ERR_BUSY' // the model is computing
  | 'ERR_DISPOSED' // the model was disposed
  | 'ERR_ABORTED' // an AbortSignal ended the call
  | 'ERR_NOT_FOUND' // a file or data set that cannot be had
  | 'ERR_IO' // the system refuses to read or write a file; its own error is the cause
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_NATIVE_LOAD' // the addon could not be loaded
  | 'ERR_INTERNAL'; // a bug of ours

/** Base class of all errors of this package. */
export class OstinatoError extends Error {
  override readonly name: string = 'OstinatoError';

  /** @internal Made by this library. */
  constructor(
    /** Stable, machine-readable reason. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A bad option, name or value: `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`, `ERR_TYPE`, `ERR_RANGE`. */
export class ConfigError extends OstinatoError {
  override readonly name = 'ConfigError';
}
/** An array of the wrong rank or size: `ERR_SHAPE`. */
export class ShapeError extends OstinatoError {
  override readonly name = 'ShapeError';
}
/** Data that cannot be used: `ERR_DATA`, `ERR_NOT_FOUND`, `ERR_IO`, `ERR_RANGE`. */
export class DataError extends OstinatoError {
  override readonly name = 'DataError';
}
/** A call at the wrong time: `ERR_STATE`, `ERR_BUSY`, `ERR_DISPOSED`, `ERR_ABORTED`. */
export class StateError extends OstinatoError {
  override readonly name = 'StateError';
}
/** The addon could not be loaded: `ERR_NATIVE_LOAD`. The message lists every attempt. */
export class NativeLoadError extends OstinatoError {
  override readonly name = 'NativeLoadError';
}
/** A bug of ours, or memory that ran out: `ERR_INTERNAL`, `ERR_OUT_OF_MEMORY`. */
export class InternalError extends OstinatoError {
  override readonly name = 'InternalError';
}

const CLASS_OF_CODE = {
  ERR_CONFIG: ConfigError,
  ERR_UNKNOWN_OPTION: ConfigError,
  ERR_UNKNOWN_NAME: ConfigError,
  ERR_TYPE: ConfigError,
  ERR_RANGE: DataError,
  ERR_SHAPE: ShapeError,
  ERR_DATA: DataError,
  ERR_NOT_FOUND: DataError,
  ERR_IO: DataError,
  ERR_STATE: StateError,
  ERR_BUSY: StateError,
  ERR_DISPOSED: StateError,
  ERR_ABORTED: StateError,
  ERR_NATIVE_LOAD: NativeLoadError,
  ERR_OUT_OF_MEMORY: InternalError,
  ERR_INTERNAL: InternalError,
} as const satisfies Record<ErrorCode, new (code: ErrorCode, message: string, options?: ErrorOptions) => OstinatoError>;

/** Makes the error of the right class for a code; the stack begins where this is called. */
export function makeError(code: ErrorCode, message: string, options?: ErrorOptions): OstinatoError {
  return new CLASS_OF_CODE[code](code, message, options);
}
