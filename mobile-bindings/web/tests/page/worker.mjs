import { visit } from './phone.mjs';

visit('worker').then(
  (told) => postMessage({ told }),
  (failure) => postMessage({ failed: String(failure?.stack ?? failure) }),
);
