/**
 * The offline engine of Countersign's phones: record, sign, judge, sync. It is the same code as on every other platform;
 * what it keeps, the page keeps for it.
 *
 * @module
 */

export { PhoneError } from './error.js';
export type { ErrorKind } from './error.js';
export type { ClockReading, Host, Signer, Write } from './host.js';
export { isPhoto, pageClock, webCryptoSigner } from './host.js';
export { load, unpacked } from './load.js';
export type { Bytes, Source } from './load.js';
export { Phone } from './phone.js';
export type {
  Exchange,
  PhotoOptions,
  PhotosReport,
  SendUpload,
  SyncOptions,
  SyncProgress,
  UploadAnswer,
  UploadProgress,
} from './phone.js';
export type * from './generated.js';
