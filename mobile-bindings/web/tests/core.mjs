// What only this package can get wrong: when a call resolves, what happens when the page cannot write, the platform's key,
// and that nothing crosses as BigInt.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Phone, PhoneError, webCryptoSigner } from '@countersign/core';
import { SECTION, unpack, unpackSection } from '../dist/unpack.js';
import { Hands, Memory } from './host.mjs';
import { seeded } from './seeded.mjs';

const USER = '00000000-0000-0000-0000-000000000001';
const DEVICE = '00000000-0000-0000-0000-0000000000d1';
const told = { signerDepartment: '信息科', signerMail: '', signerPhone: '', rating: null, ratingComment: '' };
const answer = { reason: '', signerName: '刘志远', signerPosition: '', strokes: [], ...told };

/** @param {Partial<import('@countersign/core').Host>} [more] */
async function enrolled(more = {}) {
  const memory = new Memory();
  const host = { entries: memory.entries, read: memory.read, persist: memory.persist, ...more };
  const given = { ...host, clock: new Hands('phone').now, entropy: seeded('phone') };
  const phone = await Phone.open(given);
  await phone.beginEnrolment(USER, 'phone');
  await phone.finishEnrolment(USER, '王建国', DEVICE);
  const { visit } = await phone.beginVisit({ unlistedCustomer: '云岭县人民医院' });
  return { memory, host: given, phone, visit };
}

/** @param {string} code */
const refusal = (code) => (/** @type {unknown} */ e) => e instanceof PhoneError && e.code === code;

test('a call resolves when the page has written, and not before', async () => {
  const { memory, host, phone, visit } = await enrolled();
  let resolved = false;
  const before = memory.batches.length;
  const noted = phone.addNote(visit, '一').then(() => (resolved = true));
  await Promise.resolve();
  assert.equal(resolved, false);
  await noted;
  assert.equal(memory.batches.length, before + 1);
  const again = await Phone.open(host);
  assert.deepEqual(again.visit(visit).notes.map((n) => n.text), ['一']);
});

test('calls made together are written one at a time, in their order', async () => {
  const { memory, phone, visit } = await enrolled();
  const texts = Array.from({ length: 20 }, (_, n) => String(n));
  const facts = await Promise.all(texts.map((text) => phone.addNote(visit, text)));
  assert.deepEqual(phone.visit(visit).notes.map((n) => n.text), texts);
  assert.equal(new Set(facts.map((f) => f.fact)).size, 20);
  assert(memory.batches.length >= 20);
});

test('what the page could not write was not recorded, and the phone goes on', async () => {
  const { memory, host, phone, visit } = await enrolled();
  await phone.addNote(visit, 'kept');
  memory.fails = new DOMException('full', 'QuotaExceededError');
  // A screen may be drawn while the page is being read anew.
  let drawn = 0;
  host.entries = async () => {
    await Promise.resolve();
    drawn = phone.visits().length;
    return memory.entries();
  };
  const failure = await phone.addNote(visit, 'lost').catch((e) => e);
  assert(failure instanceof PhoneError);
  assert.deepEqual([failure.code, failure.kind], ['store_failed', 'store']);
  assert(failure.parameters.why.includes('QuotaExceededError') && failure.text.zhCn && failure.text.en);
  assert.equal(failure.cause, memory.fails);
  assert.equal(drawn, 1);
  assert.deepEqual(phone.visit(visit).notes.map((n) => n.text), ['kept']);
  memory.fails = undefined;
  await phone.addNote(visit, 'more');
  assert.deepEqual(phone.visit(visit).notes.map((n) => n.text), ['kept', 'more']);
});

test('a page that can be neither written nor read: every call says so until it can', async () => {
  const { memory, host, phone, visit } = await enrolled();
  const { entries } = host;
  memory.fails = new Error('gone');
  host.entries = () => Promise.reject(new Error('gone'));
  await assert.rejects(phone.addNote(visit, 'lost'), refusal('store_failed'));
  assert.throws(() => phone.visits(), refusal('store_failed'));
  await assert.rejects(phone.addNote(visit, 'lost'), refusal('store_failed'));
  memory.fails = undefined;
  host.entries = entries;
  await phone.addNote(visit, 'kept');
  assert.deepEqual(phone.visit(visit).notes.map((n) => n.text), ['kept']);
});

test("the platform's key signs, in its own time; a wrong signature is never recorded", async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const signer = await webCryptoSigner(pair);
  const { phone, visit } = await enrolled({ signer });
  assert.equal(phone.identity()?.keyAlgorithm, 'ES256');
  const shown = phone.show(visit, 'en');
  const { sign } = signer;
  signer.sign = async () => new Uint8Array(64);
  await assert.rejects(phone.signOff(shown, { ...answer, outcome: 'accepted' }), refusal('bad_signature'));
  signer.sign = () => Promise.reject(new Error('locked'));
  await assert.rejects(phone.signOff(shown, { ...answer, outcome: 'accepted' }), refusal('host_failed'));
  assert.deepEqual(phone.visit(visit).signOffs, []);
  signer.sign = sign;
  await phone.signOff(shown, { ...answer, outcome: 'accepted' });
  assert.equal(phone.visit(visit).signOffs.length, 1);
  assert((await phone.nextFrame()).complete);
});

test('unsent work goes from a dying phone to another, photos included', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const signer = await webCryptoSigner(await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']));
  const { phone, visit } = await enrolled({ signer });
  await phone.addPhoto(visit, new Uint8Array([1, 2, 3]), 'image/png', '');
  const [{ sha256 }] = phone.unsynced().photos;
  const key = crypto.getRandomValues(new Uint8Array(32));
  const file = await phone.exportUnsynced(key);
  const { phone: other } = await enrolled();
  const carried = await other.importUnsynced(file, key);
  assert.deepEqual(carried.visits, [visit]);
  assert.deepEqual([...(await other.photoBytes(sha256))], [1, 2, 3]);
  assert((other.carriedFrame(carried.id)?.bytes.length ?? 0) > 100);
  await assert.rejects(other.importUnsynced(file, new Uint8Array(32)), refusal('rescue_wrong_key'));
  await other.photoConfirmed(sha256);
  await assert.rejects(other.photoBytes(sha256), refusal('photo_unknown'));
});

test('photos are sent part by part from what the page keeps, and what the server asks for again leads in no circle', async () => {
  const { memory, phone, visit } = await enrolled();
  const photo = Uint8Array.from({ length: 600_000 }, (_, n) => (n * 2_654_435_761) >>> 24);
  await phone.addPhoto(visit, photo, 'image/jpeg', '机柜');
  const [{ sha256 }] = phone.unsynced().photos;
  /** @type {number[]} */
  const shelf = [];
  let requests = 0;
  const header = (/** @type {string} */ name, /** @type {string | number} */ value) => ({ name, value: String(value) });
  /** @type {import('@countersign/core').SendUpload} */
  const send = async ({ path, method, headers, bytes }) => {
    assert.equal(path, `/api/v1/blobs/${sha256}`);
    requests += 1;
    // No way, in the midst of it.
    if (requests === 3) throw new Error('cut');
    if (method === 'PATCH') {
      const from = Number(headers.find((h) => h.name === 'Upload-Offset')?.value);
      assert.equal(from, shelf.length, 'it goes on where the server is');
      for (const byte of bytes) shelf.push(byte);
    }
    const complete = header('Upload-Complete', shelf.length === photo.length ? '?1' : '?0');
    return { status: 204, headers: [header('upload-offset', shelf.length), complete] };
  };
  await assert.rejects(phone.sendPhotos(send), /cut/);
  assert.equal(shelf.length, 256 << 10);
  /** @type {(number | null)[]} */
  const seen = [];
  const report = await phone.sendPhotos(send, { onProgress: (p) => void seen.push(p.offset) });
  assert.deepEqual(report, { confirmed: [sha256], refused: [], waitS: null, cancelled: false });
  assert.deepEqual(seen, [2 * (256 << 10), photo.length]);
  assert.deepEqual(Uint8Array.from(shelf), photo);
  assert.deepEqual(phone.unsynced().photos, []);
  assert(![...memory.map.keys()].some((name) => name.startsWith('b/')), 'its bytes are gone here');

  await phone.addPhoto(visit, new Uint8Array([1, 2, 3]), 'image/png', '');
  requests = 0;
  await phone.sendPhotos(async () => {
    requests += 1;
    return { status: 409, headers: [header('upload-offset', 0)] };
  });
  assert(requests > 1 && requests < 20, `${requests} requests`);
  assert.equal(phone.unsynced().photos.length, 1);
});

test('a clock that throws, arguments of another form, and a closed phone are errors with codes', async () => {
  const { phone, host, visit } = await enrolled();
  const { clock } = host;
  host.clock = () => {
    throw new Error('no clock');
  };
  const failure = await phone.addNote(visit, 'x').catch((e) => e);
  assert(refusal('host_failed')(failure) && failure.parameters.why.includes('no clock'));
  host.clock = clock;
  await assert.rejects(phone.addTime(visit, 'labour', 2 ** 60, 2 ** 60), refusal('bad_number'));
  await assert.rejects(phone.addTime(visit, 'labour', 1.5, 2), refusal('command_invalid'));
  await assert.rejects(phone.startTimer(visit, /** @type {any} */ ('sleep')), refusal('command_invalid'));
  await assert.rejects(phone.addNote('no id', 'x'), refusal('bad_id'));
  await phone.close();
  assert.throws(() => phone.visits(), refusal('store_closed'));
  await assert.rejects(phone.addNote(visit, 'x'), refusal('store_closed'));
});

test('a sync that is ended or fails says so, and loses nothing', async () => {
  const { phone } = await enrolled();
  const refused = new Error('503');
  const failure = await phone.sync(() => Promise.reject(refused)).catch((e) => e);
  assert(refusal('host_failed')(failure) && failure.cause === refused);
  const stopped = await phone.sync(() => Promise.reject(refused), { onProgress: () => false });
  assert.deepEqual([stopped.cancelled, stopped.rounds], [true, 0]);
  const aborted = await phone.sync(() => Promise.reject(refused), { signal: AbortSignal.abort() });
  assert.equal(aborted.cancelled, true);
  assert.equal(phone.unsynced().changes, 1);
});

test('every number is a number', async () => {
  const { phone, visit } = await enrolled();
  const look = (/** @type {unknown} */ value) => {
    assert.notEqual(typeof value, 'bigint');
    if (value && typeof value === 'object') Object.values(value).forEach(look);
  };
  const told = [phone.visit(visit), phone.visits(), phone.unsynced(), phone.assess(visit), await phone.nextFrame()];
  told.forEach(look);
  assert.equal(phone.visit(visit).origins[0].customer, null);
});

test('the module is taken apart, and a damaged one is not run', async () => {
  const file = new Uint8Array(await readFile(new URL('../dist/countersign_core_bg.wasm', import.meta.url)));
  const module = unpack(file);
  assert.ok(module.length > file.length && WebAssembly.validate(module));
  assert.equal(unpack(module), module, 'one that is whole is taken as it is');
  const [section] = WebAssembly.Module.customSections(await WebAssembly.compile(file), SECTION);
  assert.deepEqual(unpackSection(new Uint8Array(section)), module, 'bundlers may compile it first');
  for (const length of [section.byteLength - 1, section.byteLength >> 1, 100]) {
    const cut = new Uint8Array(section.slice(0, length));
    assert.throws(() => assert.ok(WebAssembly.validate(unpackSection(cut))), `${length} bytes`);
  }
});
