// A phone whose page keeps everything in IndexedDB, its key non-extractable in WebCrypto. Runs in pages and in workers,
// where there is no import map.

import { pageClock, Phone, PhoneError, webCryptoSigner } from '../../dist/index.js';

const USER = '00000000-0000-0000-0000-000000000001';
const DEVICE = '00000000-0000-0000-0000-0000000000d1';

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {string} name */
async function database(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('entries');
    request.result.createObjectStore('key');
  };
  return done(request);
}

/** @param {IDBDatabase} db */
async function key(db) {
  const kept = await done(db.transaction('key').objectStore('key').get('pair'));
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  await done(db.transaction('key', 'readwrite').objectStore('key').put(pair, 'pair'));
  return pair;
}

/**
 * What a page keeps, in IndexedDB.
 *
 * @param {string} name
 */
export async function keep(name) {
  const db = await database(name);
  const store = () => db.transaction('entries').objectStore('entries');
  return {
    db,
    async entries() {
      const entries = store();
      const [names, values] = await Promise.all([done(entries.getAllKeys()), done(entries.getAll())]);
      return names.map((n, at) => /** @type {[string, Uint8Array]} */ ([String(n), values[at]]));
    },
    read: (/** @type {string} */ n) => done(store().get(n)),
    /** @param {import('@countersign/core').Write[]} batch */
    persist: (batch) =>
      /** @type {Promise<void>} */ (
        new Promise((resolve, reject) => {
          const transaction = db.transaction('entries', 'readwrite', { durability: 'strict' });
          transaction.oncomplete = () => resolve();
          transaction.onabort = () => reject(transaction.error);
          for (const write of batch) {
            if ('put' in write) transaction.objectStore('entries').put(write.value, write.put);
            else transaction.objectStore('entries').delete(write.delete);
          }
        })
      ),
  };
}

/** @param {string} name */
export async function open(name) {
  const { db, ...kept } = await keep(name);
  return Phone.open({ ...kept, clock: pageClock(), signer: await webCryptoSigner(await key(db)) });
}

/**
 * Records something when there is nothing yet; says what there is.
 *
 * @param {string} name
 */
export async function visit(name) {
  const phone = await open(name);
  if (!phone.identity()) {
    const request = await phone.beginEnrolment(USER, 'a page');
    if (!JSON.parse(request.body).proof) throw new Error('no proof');
    await phone.finishEnrolment(USER, '王建国', DEVICE);
    const { visit } = await phone.beginVisit({ unlistedCustomer: '云岭县人民医院' });
    // Not awaited one by one: they are durable in the order of their making.
    const notes = ['一', '二', '三'].map((text) => phone.addNote(visit, text));
    await Promise.all(notes);
    await phone.addPhoto(visit, new Uint8Array([1, 2, 3]), 'image/png', '屏幕');
    const shown = phone.show(visit, 'zh-CN');
    const more = { signerDepartment: '信息科', signerMail: '', signerPhone: '', rating: null, ratingComment: '' };
    const answer = { reason: '', signerName: '刘志远', signerPosition: '', strokes: [], ...more };
    await phone.signOff(shown, { ...answer, outcome: 'accepted' });
    const refused = await phone.signOff(shown, { ...answer, outcome: 'refused' }).catch((e) => e);
    if (!(refused instanceof PhoneError) || refused.kind !== 'refused') throw refused;
  }
  const [listed] = phone.visits();
  const shown = phone.visit(listed.visit);
  const photo = await phone.photoBytes(phone.unsynced().photos[0].sha256);
  const file = await phone.exportUnsynced(new Uint8Array(32));
  const frame = await phone.nextFrame();
  const told = {
    notes: shown.notes.map((note) => note.text),
    signed: listed.signed,
    unsynced: phone.unsynced().changes,
    algorithm: phone.identity()?.keyAlgorithm,
    photo: [...photo],
    exported: file.length > 1000,
    framed: frame.visits,
  };
  await phone.close();
  return told;
}
