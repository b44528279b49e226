import Countersign
import Foundation

// The key comes from the platform's keychain; the file is made when it is not there.
let key = Data((0..<32).map { _ in UInt8.random(in: 0...255) })
// On an iPhone the clock is the app's own, of mach_continuous_time() and kern.bootsessionuuid.
let phone = try Phone.open(path: "phone.db", key: key, clock: LinuxClock())
let server = try HttpTransport(phone: phone, server: ProcessInfo.processInfo.environment["SERVER"]!)

// Once: make this phone known. From here on the server knows it without a password.
_ = try server.logIn(login: "wang.jianguo", password: "countersign demo")
_ = try server.enrol(deviceName: "my phone")
_ = try server.sync()

// Without a network from here on. Every call returns when its fact is on disk.
let hospital = try phone.customers()[0]
let visit = try phone.beginVisit(begin: BeginVisit(customer: hospital.id)).visit
let item = try phone.addItem(
    visit: visit, fields: ItemPatch(category: .database, symptom: "数据库无法启动")
).fact
let timer = try phone.startTimer(visit: visit, kind: .labour, item: item).fact
_ = try phone.stopTimer(visit: visit, entry: timer)
for flag in try phone.assess(visit: visit).flags {
    print(flag.code, flag.message.zhCn)
}

// What is shown is what is signed.
let shown = try phone.show(visit: visit, lang: .zhCn)
print(shown.text)
let answer = Answer(
    outcome: .accepted, reason: "", signerName: "刘志远", signerPosition: "信息科主任", strokes: []
)
_ = try phone.signOff(shown: shown, answer: answer)

// Back under the sky.
let waiting = try phone.unsynced().changes
assert(waiting == 5)
do {
    _ = try server.sync()
} catch PhoneError.Server(let code, _, let zhCn, _) {
    fatalError("\(code): \(zhCn)")
}
let left = try phone.unsynced().changes
assert(left == 0)
print(try phone.visits()[0].state?.receipts ?? [])
