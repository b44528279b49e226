package dev.countersign

import com.google.gson.Gson
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable
import java.io.File

private const val BEGIN = 1_789_900_000_000L

/** An engineer with a phone. */
private class Actor(base: String, directory: String, login: String) {
    private val path = "$directory/$login.db"
    val clock = Hands(login)
    private val entropy = Seeded(login)
    val server = Server(base)
    var phone = open()

    init {
        server.enrol(phone, login)
        sync()
    }

    private fun open() = Phone.open(path, ByteArray(32) { 'k'.code.toByte() }, clock, entropy)

    fun reopen() {
        phone.shutDown()
        phone = open()
    }

    fun sync() {
        phone.sync(server, null, 20u)
    }
}

/**
 * The story that every language tells: start, work, pause, reboot, relief, sign, sync, amend. The same steps, clocks and
 * randomness as in tests/tests/bindings/story.rs, which starts the server and compares what comes out, byte for byte.
 */
@EnabledIfEnvironmentVariable(named = "STORY_SERVER", matches = ".+")
class StoryTest {
    @Test
    fun story() {
        val told = tell(System.getenv("STORY_SERVER"), System.getenv("STORY_DIRECTORY"))
        File(System.getenv("STORY_OUTPUT")).writeText(Gson().toJson(told))
    }

    private fun tell(base: String, directory: String): Map<String, Any> {
        val wang = Actor(base, directory, "wang.jianguo")
        val li = Actor(base, directory, "li.na")
        wang.clock.reboot(BEGIN)

        // Start, after a look at what is covered.
        val hospital = wang.phone.customers().first { it.code == "RM01" }
        val advice = wang.phone.advice(AdviceQuestion(hospital.id, Category.NETWORK, Mode.ON_SITE, null, null)).canonical
        val demand = Demand("孙强", RequesterRole.SALES, Channel.WE_CHAT, "你先去，合同回头再说！", BEGIN - MINUTE)
        val visit = wang.phone.beginVisit(BeginVisit(customer = hospital.id, demand = demand)).visit

        // Work and pause.
        val fields = ItemPatch(category = Category.DATABASE, symptom = "数据库无法启动")
        val item = wang.phone.addItem(visit, fields).fact
        var timer = wang.phone.startTimer(visit, TimeKind.LABOUR, item).fact
        wang.clock.forward(25 * MINUTE)
        wang.phone.stopTimer(visit, timer)
        val pause = wang.phone.startTimer(visit, TimeKind.BREAK, null).fact
        wang.clock.forward(10 * MINUTE)
        wang.phone.stopTimer(visit, pause)

        // The phone reboots while a timer runs.
        timer = wang.phone.startTimer(visit, TimeKind.LABOUR, item).fact
        wang.clock.forward(20 * MINUTE)
        wang.reopen()
        wang.clock.reboot(wang.clock.wall + 7 * MINUTE)
        val running = wang.phone.runningTimers().map { listOf(it.entry, it.elapsedS) }
        wang.phone.stopTimer(visit, timer)

        // Relief: the two phones meet without a network, and write one field apart.
        li.clock.reboot(wang.clock.wall)
        li.phone.joinByCode(wang.phone.joinCode(visit))
        wang.server.exchange(wang.phone.nextFrame().bytes) // the answer gets lost
        wang.sync()
        li.sync()
        wang.clock.reboot(wang.clock.wall)
        li.clock.reboot(wang.clock.wall + MINUTE)
        wang.phone.editItem(visit, item, ItemPatch(action = "清理归档日志"))
        li.phone.editItem(visit, item, ItemPatch(action = "清理归档日志并重启实例", outcome = "恢复"))
        wang.phone.leave(visit)
        timer = li.phone.startTimer(visit, TimeKind.LABOUR, item).fact
        li.clock.forward(35 * MINUTE)
        li.phone.stopTimer(visit, timer)
        val taxi = ExpensePatch(kind = ExpenseKind.TAXI, amountMinor = 4_500, currency = "CNY", note = "夜间打车")
        li.phone.addExpense(visit, taxi)
        li.phone.addObjection(
            visit, ObjectionKind.AGAINST_ADVICE, "先做备份", "刘志远，信息科主任", "来不及了，直接重启！", null,
        )
        li.phone.addPhoto(visit, ByteArray(256 * 20) { it.toByte() }, "image/jpeg", "机柜", null)
        wang.sync()
        li.sync()
        li.clock.reboot(li.clock.wall)

        // Sign.
        val shown = li.phone.show(visit, Lang.ZH_CN)
        val points = (0 until 40).map {
            StrokePoint(x = it * 3, y = it * it % 17 - 8, tMs = (it * 9).toUInt(), pressure = (100 + it).toUByte())
        }
        val answer = Answer(
            outcome = SignOffOutcome.ACCEPTED_WITH_RESERVATIONS,
            reason = "打车费另议",
            signerName = "刘志远",
            signerPosition = "信息科主任",
            strokes = listOf(Stroke(points)),
            signerDepartment = "信息科",
            signerMail = "liu.zhiyuan@hospital.example",
            signerPhone = "138 0000 5678",
            rating = 5u,
            ratingComment = "处理及时",
        )
        li.phone.signOff(shown, answer)

        // Sync, then amend.
        li.sync()
        li.clock.reboot(li.clock.wall + 5 * MINUTE)
        val note = li.phone.addNote(visit, "次日回访", null).fact
        li.phone.addNote(visit, "次日上午回访", Correction(note, "补充时间"))
        val begun = li.clock.wall - 40 * MINUTE
        val correction = Correction(timer, "忘记停止计时")
        li.phone.addTime(visit, TimeKind.LABOUR, begun, begun + 30 * MINUTE, null, item, correction)
        li.sync()
        wang.sync()

        val out = mutableMapOf<String, Any>(
            "advice" to advice, "running" to running, "shown" to listOf(shown.summary, shown.text), "visit" to visit,
        )
        for ((actor, name) in listOf(wang to "wang", li to "li")) {
            actor.reopen()
            val listed = actor.phone.visits().first { it.visit == visit }
            assertEquals(SyncState.SYNCED, listed.sync)
            val state = listed.state!!
            val texts = listOf(Lang.ZH_CN, Lang.EN).map { actor.phone.show(visit, it) }
            out[name] = mapOf(
                "visit" to actor.phone.visitJson(visit),
                "labour_s" to actor.phone.visit(visit).labourS,
                "summaries" to texts.map { it.summary },
                "texts" to texts.map { it.text },
                "verdict" to actor.phone.assess(visit).canonical,
                "state" to listOf(state.review, state.coverage, state.flags, state.receipts),
                "photos" to actor.phone.unsynced().photos.map { it.sha256 },
            )
        }
        return out
    }
}
