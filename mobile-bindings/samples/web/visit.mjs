import { load, pageClock, Phone, webCryptoSigner } from "@countersign/core";

const SERVER = process.env.SERVER;

async function call(path, body, token = "", type = "application/json") {
  const headers = { "content-type": type, authorization: `Bearer ${token}` };
  const answer = await fetch(SERVER + path, { method: body === undefined ? "GET" : "POST", headers, body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
const json = async (...args) => JSON.parse(new TextDecoder().decode(await call(...args)));

// The page keeps the bytes: in IndexedDB, a batch in one transaction. Here it is a map.
const kept = new Map();
const host = {
  entries: async () => kept,
  read: async (name) => kept.get(name),
  persist: async (batch) => {
    for (const write of batch) "put" in write ? kept.set(write.put, write.value) : kept.delete(write.delete);
  },
  clock: pageClock(),
  // The device's key never leaves the platform. A page keeps the pair in IndexedDB, too.
  signer: await webCryptoSigner(
    await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]),
  ),
};
await load();
let phone = await Phone.open(host);

// Once: make this phone known.
const login = JSON.stringify({ login: "wang.jianguo", password: "countersign demo" });
const session = await json("/api/v1/auth/login", login);
const me = await json("/api/v1/auth/me", undefined, session.access_token);
const enrolment = await phone.beginEnrolment(me.id, "my phone");
const device = await json(enrolment.path, enrolment.body, session.access_token);
await phone.finishEnrolment(me.id, me.name, device.device_id);

// The page owns the network.
const exchange = (frame) => call("/api/v1/sync", frame, device.access_token, "application/cbor");
await phone.sync(exchange);

// Without a network from here on. Every promise resolves when its fact is durable.
const [hospital] = phone.customers();
const { visit } = await phone.beginVisit({ customer: hospital.id });
const { fact: item } = await phone.addItem(visit, { category: "database", symptom: "数据库无法启动" });
const { fact: timer } = await phone.startTimer(visit, "labour", item);
await phone.stopTimer(visit, timer);
for (const flag of phone.assess(visit).flags) console.log(flag.code, flag.message.zhCn);

// The page was closed, and is opened again.
await phone.close();
phone = await Phone.open(host);

// What is shown is what is signed.
const shown = phone.show(visit, "zh-CN");
console.log(shown.text);
const signer = {
  signerName: "刘志远",
  signerPosition: "信息科主任",
  strokes: [],
  signerDepartment: "信息科",
  signerMail: "liu.zhiyuan@hospital.example", // the receipt goes there too
  signerPhone: "",
  rating: 5,
  ratingComment: "",
};
await phone.signOff(shown, { outcome: "accepted", reason: "", ...signer });

// Back under the sky.
if (phone.unsynced().changes !== 5) throw new Error("five changes wait");
await phone.sync(exchange);
if (phone.unsynced().changes !== 0) throw new Error("none waits any more");
console.log(phone.visits()[0].state.receipts);
