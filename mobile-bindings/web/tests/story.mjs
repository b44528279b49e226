// The story that every language tells: start, work, pause, reboot, relief, sign, sync, amend. Told in node by tell.mjs, in a
// browser by page/tell.mjs.
//
// The same steps, clocks and randomness as in tests/tests/bindings/story.rs: what comes out must be equal byte for byte.

import { Phone } from '@countersign/core';
import { Hands, MINUTE, Server } from './host.mjs';

const BEGIN = 1_789_900_000_000;

/**
 * What an engineer's phone stands on, by their login.
 *
 * @typedef {(login: string) => Promise<Omit<import('@countersign/core').Host, 'clock' | 'signer'>>} Ground
 */

/**
 * @param {unknown} value
 * @returns {asserts value}
 */
function assert(value) {
  if (!value) throw new Error('the story does not go as it should');
}

/** An engineer with a phone. */
class Actor {
  /**
   * @param {string} base
   * @param {string} login
   * @param {Ground} ground
   */
  static async meet(base, login, ground) {
    const [clock, server] = [new Hands(login), new Server(base)];
    const host = { ...(await ground(login)), clock: clock.now };
    const actor = new Actor(host, clock, server, await Phone.open(host));
    await server.enrol(actor.phone, login);
    await actor.sync();
    return actor;
  }

  /**
   * @param {import('@countersign/core').Host} host
   * @param {Hands} clock
   * @param {Server} server
   * @param {Phone} phone
   */
  constructor(host, clock, server, phone) {
    this.host = host;
    this.clock = clock;
    this.server = server;
    this.phone = phone;
  }

  async reopen() {
    await this.phone.close();
    this.phone = await Phone.open(this.host);
  }

  sync() {
    return this.phone.sync(this.server.exchange);
  }
}

/**
 * @param {string} base
 * @param {Ground} ground
 */
export async function tell(base, ground) {
  /** @type {Record<string, unknown>} */
  const out = {};
  const [wang, li] = [await Actor.meet(base, 'wang.jianguo', ground), await Actor.meet(base, 'li.na', ground)];
  wang.clock.reboot(BEGIN);

  // Start, after a look at what is covered.
  const hospital = wang.phone.customers().find((c) => c.code === 'RM01');
  assert(hospital);
  out.advice = wang.phone.advice({ customer: hospital.id, category: 'network', mode: 'on_site' }).canonical;
  const { visit } = await wang.phone.beginVisit({
    customer: hospital.id,
    demand: {
      name: '孙强',
      role: 'sales',
      channel: 'wechat',
      words: '你先去，合同回头再说！',
      atMs: BEGIN - MINUTE,
    },
  });

  // Work and pause.
  const { fact: item } = await wang.phone.addItem(visit, { category: 'database', symptom: '数据库无法启动' });
  let { fact: timer } = await wang.phone.startTimer(visit, 'labour', item);
  wang.clock.forward(25 * MINUTE);
  await wang.phone.stopTimer(visit, timer);
  const { fact: pause } = await wang.phone.startTimer(visit, 'break');
  wang.clock.forward(10 * MINUTE);
  await wang.phone.stopTimer(visit, pause);

  // The phone reboots while a timer runs.
  timer = (await wang.phone.startTimer(visit, 'labour', item)).fact;
  wang.clock.forward(20 * MINUTE);
  await wang.reopen();
  wang.clock.reboot(wang.clock.wall + 7 * MINUTE);
  out.running = wang.phone.runningTimers().map((t) => [t.entry, t.elapsedS]);
  await wang.phone.stopTimer(visit, timer);

  // Relief: the two phones meet without a network, and write one field apart.
  li.clock.reboot(wang.clock.wall);
  await li.phone.joinByCode(wang.phone.joinCode(visit));
  // The answer gets lost.
  await wang.server.exchange((await wang.phone.nextFrame()).bytes);
  await wang.sync();
  await li.sync();
  wang.clock.reboot(wang.clock.wall);
  li.clock.reboot(wang.clock.wall + MINUTE);
  await wang.phone.editItem(visit, item, { action: '清理归档日志' });
  await li.phone.editItem(visit, item, { action: '清理归档日志并重启实例', outcome: '恢复' });
  await wang.phone.leave(visit);
  timer = (await li.phone.startTimer(visit, 'labour', item)).fact;
  li.clock.forward(35 * MINUTE);
  await li.phone.stopTimer(visit, timer);
  await li.phone.addExpense(visit, { kind: 'taxi', amountMinor: 4_500, currency: 'CNY', note: '夜间打车' });
  await li.phone.addObjection(visit, 'against_advice', '先做备份', '刘志远，信息科主任', '来不及了，直接重启！');
  const photo = Uint8Array.from({ length: 20 * 256 }, (_, n) => n % 256);
  await li.phone.addPhoto(visit, photo, 'image/jpeg', '机柜');
  await wang.sync();
  await li.sync();
  li.clock.reboot(li.clock.wall);

  // Sign.
  const shown = li.phone.show(visit, 'zh-CN');
  const points = Array.from({ length: 40 }, (_, n) => ({ x: n * 3, y: ((n * n) % 17) - 8, tMs: n * 9, pressure: 100 + n }));
  await li.phone.signOff(shown, {
    outcome: 'accepted_with_reservations',
    reason: '打车费另议',
    signerName: '刘志远',
    signerPosition: '信息科主任',
    strokes: [{ points }],
    signerDepartment: '信息科',
    signerMail: 'liu.zhiyuan@hospital.example',
    signerPhone: '138 0000 5678',
    rating: 5,
    ratingComment: '处理及时',
  });
  out.shown = [shown.summary, shown.text];

  // Sync, then amend.
  await li.sync();
  li.clock.reboot(li.clock.wall + 5 * MINUTE);
  const { fact: note } = await li.phone.addNote(visit, '次日回访');
  await li.phone.addNote(visit, '次日上午回访', { fact: note, reason: '补充时间' });
  const begun = li.clock.wall - 40 * MINUTE;
  const correction = { fact: timer, reason: '忘记停止计时' };
  await li.phone.addTime(visit, 'labour', begun, begun + 30 * MINUTE, null, item, correction);
  await li.sync();
  await wang.sync();

  for (const [name, actor] of /** @type {const} */ ([['wang', wang], ['li', li]])) {
    await actor.reopen();
    const { phone } = actor;
    const listed = phone.visits().find((v) => v.visit === visit);
    assert(listed?.state && listed.sync === 'synced');
    const texts = /** @type {const} */ (['zh-CN', 'en']).map((lang) => phone.show(visit, lang));
    out[name] = {
      visit: phone.visitJson(visit),
      labour_s: phone.visit(visit).labourS,
      summaries: texts.map((t) => t.summary),
      texts: texts.map((t) => t.text),
      verdict: phone.assess(visit).canonical,
      state: [listed.state.review, listed.state.coverage, listed.state.flags, listed.state.receipts],
      photos: phone.unsynced().photos.map((p) => p.sha256),
    };
  }
  out.visit = visit;
  return out;
}
