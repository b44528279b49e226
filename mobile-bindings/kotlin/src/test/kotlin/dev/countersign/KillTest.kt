package dev.countersign

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Path
import kotlin.random.Random

private val KILL_KEY = ByteArray(32) { 'k'.code.toByte() }

/** Records notes until it is killed, and says after each call what it acknowledged. */
object Recorder {
    @JvmStatic
    fun main(args: Array<String>) {
        val phone = Phone.open(args[0], KILL_KEY, LinuxClock())
        println("open")
        var n = 0
        while (true) {
            n += 1
            println(phone.addNote(args[1], "note $n", null).fact)
        }
    }
}

/** A process that records is killed at random: whatever a call acknowledged is there afterwards. */
class KillTest {
    @TempDir
    lateinit var directory: Path

    @Test
    fun `whatever a call acknowledged survives SIGKILL`() {
        // A JVM takes its time to start: few by default, the release's number on request.
        val kills = System.getenv("COUNTERSIGN_TEST_KILLS")?.toInt() ?: 6
        val path = directory.resolve("phone.db").toString()
        var visit = open(path) { begin(it) }
        var acknowledged = mutableSetOf<String>()
        var inCalls = 0
        var all = 0
        repeat(kills) { kill ->
            val told = record(path, visit)
            if (told.isNotEmpty()) inCalls += 1
            acknowledged += told
            all += told.size
            val notes = open(path) { phone -> phone.visit(visit).notes.map { it.id }.toSet() }
            assertEquals(emptySet<String>(), acknowledged - notes, "kill $kill lost what was acknowledged")
            assertTrue(notes.size <= acknowledged.size + kill + 1, "kill $kill: notes that nobody wrote")
            if (notes.size > 400) {
                visit = open(path) { begin(it) }
                acknowledged = mutableSetOf()
            }
            if (kill % 100 == 99) println("${kill + 1} kills, $all facts acknowledged, none lost")
        }
        println("$kills kills, $all facts acknowledged, none lost")
        assertTrue(inCalls * 2 >= kills, "killed too early to prove anything: $inCalls of $kills")
    }

    private fun <T> open(path: String, use: (Phone) -> T): T {
        val phone = Phone.open(path, KILL_KEY, LinuxClock())
        try {
            return use(phone)
        } finally {
            phone.shutDown()
        }
    }

    private fun begin(phone: Phone): String {
        if (phone.identity() == null) {
            phone.beginEnrolment("00000000-0000-0000-0000-000000000001", "phone")
            phone.finishEnrolment(
                "00000000-0000-0000-0000-000000000001", "王建国", "00000000-0000-0000-0000-0000000000d1",
            )
        }
        return phone.beginVisit(BeginVisit(unlistedCustomer = "云岭县人民医院")).visit
    }

    /** Lets a process record, kills it, and returns what it acknowledged. */
    private fun record(path: String, visit: String): List<String> {
        // A file, because killing a process closes its pipes with what is in them.
        val told = directory.resolve("told").toFile()
        told.delete()
        val java = File(System.getProperty("java.home"), "bin/java").path
        val child = ProcessBuilder(
            // What makes a JVM start quickly; it does not live long.
            java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
            Recorder::class.java.name, path, visit,
        ).redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(told).start()
        // While it opens the store as well as while it writes.
        val enough = if (Random.nextInt(100) < 85) 5 + 37L * (1 + Random.nextInt(20)) else 0
        while (child.isAlive && told.length() < enough) Thread.sleep(5)
        Thread.sleep(Random.nextLong(40))
        child.destroyForcibly().waitFor()
        // A line that was cut off was not acknowledged: a fact's id has 36 characters.
        return told.readLines().filter { it.length == 36 }
    }
}
