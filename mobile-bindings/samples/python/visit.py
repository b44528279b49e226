import os

import countersign as cs

# The key comes from the platform's keystore; the file is made when it is not there.
phone = cs.Phone.open("phone.db", os.urandom(32), cs.LinuxClock())
server = cs.HttpTransport(phone, os.environ["SERVER"])

# Once: make this phone known. From here on the server knows it without a password.
server.log_in("wang.jianguo", "countersign demo")
server.enrol("my phone")
server.sync()

# Without a network from here on. Every call returns when its fact is on disk.
hospital = phone.customers()[0]
visit = phone.begin_visit(cs.BeginVisit(customer=hospital.id)).visit
item = phone.add_item(visit, cs.ItemPatch(category=cs.Category.DATABASE, symptom="数据库无法启动")).fact
timer = phone.start_timer(visit, cs.TimeKind.LABOUR, item).fact
phone.stop_timer(visit, timer)
for flag in phone.assess(visit).flags:
    print(flag.code, flag.message.zh_cn)

# What is shown is what is signed.
shown = phone.show(visit, cs.Lang.ZH_CN)
print(shown.text)
answer = cs.Answer(
    outcome=cs.SignOffOutcome.ACCEPTED, reason="", signer_name="刘志远", signer_position="信息科主任", strokes=[]
)
phone.sign_off(shown, answer)

# Back under the sky.
assert phone.unsynced().changes == 5
try:
    server.sync()
except cs.PhoneError.Server as error:
    raise SystemExit(f"{error.code}: {error.zh_cn}")
assert phone.unsynced().changes == 0
state = phone.visits()[0].state
print(state.receipts if state else "the server has not judged it yet")
