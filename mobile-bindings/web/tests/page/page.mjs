import './tell.mjs';
import { visit } from './phone.mjs';

/** @type {any} */ (window).inPage = () => visit('page');
/** @type {any} */ (window).inWorker = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker('/tests/page/worker.mjs', { type: 'module' });
    worker.onmessage = (event) => (event.data.failed ? reject(new Error(event.data.failed)) : resolve(event.data.told));
    worker.onerror = (event) => reject(new Error(event.message));
  });
