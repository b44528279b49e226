"""The story that every language tells: start, work, pause, reboot, relief, sign, sync, amend.

    python story.py SERVER DIRECTORY OUTPUT

The same steps, clocks and randomness as in tests/tests/bindings/story.rs: what comes out must be equal byte for byte.
"""

import json
import sys

import countersign as cs
from host import MINUTE, Hands, Seeded, Server

BEGIN = 1_789_900_000_000


class Actor:
    """An engineer with a phone."""

    def __init__(self, base, directory, login):
        self.path = f"{directory}/{login}.db"
        self.clock, self.entropy = Hands(login), Seeded(login)
        self.open()
        self.server = Server(base)
        self.server.enrol(self.phone, login)
        self.sync()

    def open(self):
        self.phone = cs.Phone.open(self.path, b"k" * 32, self.clock, self.entropy)

    def reopen(self):
        self.phone.shut_down()
        self.open()

    def sync(self):
        self.phone.sync(self.server, None, 20)


def tell(base, directory):
    out = {}
    wang, li = Actor(base, directory, "wang.jianguo"), Actor(base, directory, "li.na")
    wang.clock.reboot(BEGIN)

    # Start, after a look at what is covered.
    hospital = next(c for c in wang.phone.customers() if c.code == "RM01")
    question = cs.AdviceQuestion(
        customer=hospital.id, category=cs.Category.NETWORK, mode=cs.Mode.ON_SITE, asset=None, work_order=None
    )
    out["advice"] = wang.phone.advice(question).canonical
    demand = cs.Demand(
        name="孙强", role=cs.RequesterRole.SALES, channel=cs.Channel.WE_CHAT, words="你先去，合同回头再说！", at_ms=BEGIN - MINUTE
    )
    visit = wang.phone.begin_visit(cs.BeginVisit(customer=hospital.id, demand=demand)).visit

    # Work and pause.
    fields = cs.ItemPatch(category=cs.Category.DATABASE, symptom="数据库无法启动")
    item = wang.phone.add_item(visit, fields).fact
    timer = wang.phone.start_timer(visit, cs.TimeKind.LABOUR, item).fact
    wang.clock.forward(25 * MINUTE)
    wang.phone.stop_timer(visit, timer)
    pause = wang.phone.start_timer(visit, cs.TimeKind.BREAK, None).fact
    wang.clock.forward(10 * MINUTE)
    wang.phone.stop_timer(visit, pause)

    # The phone reboots while a timer runs.
    timer = wang.phone.start_timer(visit, cs.TimeKind.LABOUR, item).fact
    wang.clock.forward(20 * MINUTE)
    wang.reopen()
    wang.clock.reboot(wang.clock.wall + 7 * MINUTE)
    running = wang.phone.running_timers()
    out["running"] = [[t.entry, t.elapsed_s] for t in running]
    wang.phone.stop_timer(visit, timer)

    # Relief: the two phones meet without a network, and write one field apart.
    li.clock.reboot(wang.clock.wall)
    li.phone.join_by_code(wang.phone.join_code(visit))
    wang.server.exchange(wang.phone.next_frame().bytes)  # the answer gets lost
    wang.sync()
    li.sync()
    wang.clock.reboot(wang.clock.wall)
    li.clock.reboot(wang.clock.wall + MINUTE)
    wang.phone.edit_item(visit, item, cs.ItemPatch(action="清理归档日志"))
    li.phone.edit_item(visit, item, cs.ItemPatch(action="清理归档日志并重启实例", outcome="恢复"))
    wang.phone.leave(visit)
    timer = li.phone.start_timer(visit, cs.TimeKind.LABOUR, item).fact
    li.clock.forward(35 * MINUTE)
    li.phone.stop_timer(visit, timer)
    taxi = cs.ExpensePatch(kind=cs.ExpenseKind.TAXI, amount_minor=4_500, currency="CNY", note="夜间打车")
    li.phone.add_expense(visit, taxi)
    li.phone.add_objection(
        visit, cs.ObjectionKind.AGAINST_ADVICE, "先做备份", "刘志远，信息科主任", "来不及了，直接重启！", None
    )
    li.phone.add_photo(visit, bytes(range(256)) * 20, "image/jpeg", "机柜", None)
    wang.sync()
    li.sync()
    li.clock.reboot(li.clock.wall)

    # Sign.
    shown = li.phone.show(visit, cs.Lang.ZH_CN)
    points = [cs.StrokePoint(x=n * 3, y=n * n % 17 - 8, t_ms=n * 9, pressure=100 + n) for n in range(40)]
    answer = cs.Answer(
        outcome=cs.SignOffOutcome.ACCEPTED_WITH_RESERVATIONS,
        reason="打车费另议",
        signer_name="刘志远",
        signer_position="信息科主任",
        strokes=[cs.Stroke(points=points)],
        signer_department="信息科",
        signer_mail="liu.zhiyuan@hospital.example",
        signer_phone="138 0000 5678",
        rating=5,
        rating_comment="处理及时",
    )
    li.phone.sign_off(shown, answer)
    out["shown"] = [shown.summary, shown.text]

    # Sync, then amend.
    li.sync()
    li.clock.reboot(li.clock.wall + 5 * MINUTE)
    note = li.phone.add_note(visit, "次日回访", None).fact
    li.phone.add_note(visit, "次日上午回访", cs.Correction(fact=note, reason="补充时间"))
    correction = cs.Correction(fact=timer, reason="忘记停止计时")
    begun = li.clock.wall - 40 * MINUTE
    li.phone.add_time(visit, cs.TimeKind.LABOUR, begun, begun + 30 * MINUTE, None, item, correction)
    li.sync()
    wang.sync()

    for actor, name in ((wang, "wang"), (li, "li")):
        actor.reopen()
        listed = next(v for v in actor.phone.visits() if v.visit == visit)
        assert listed.sync == cs.SyncState.SYNCED, listed
        texts = [actor.phone.show(visit, lang) for lang in (cs.Lang.ZH_CN, cs.Lang.EN)]
        out[name] = {
            "visit": actor.phone.visit_json(visit),
            "labour_s": actor.phone.visit(visit).labour_s,
            "summaries": [t.summary for t in texts],
            "texts": [t.text for t in texts],
            "verdict": actor.phone.assess(visit).canonical,
            "state": [listed.state.review, listed.state.coverage, listed.state.flags, listed.state.receipts],
            "photos": [p.sha256 for p in actor.phone.unsynced().photos],
        }
    out["visit"] = visit
    return out


if __name__ == "__main__":
    _, base, directory, output = sys.argv
    with open(output, "w", encoding="utf-8") as file:
        json.dump(tell(base, directory), file, ensure_ascii=False)
