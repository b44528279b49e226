package dev.countersign

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit

private const val USER = "00000000-0000-0000-0000-000000000001"
private const val DEVICE = "00000000-0000-0000-0000-0000000000d1"
private val KEY = ByteArray(32) { 7 }

/** What only the binding can get wrong: errors, callbacks that throw, threads, objects that go. */
class BindingTest {
    @TempDir
    lateinit var directory: Path
    private lateinit var clock: Hands
    private lateinit var phone: Phone
    private lateinit var visit: String

    @BeforeEach
    fun open() {
        clock = Hands("phone")
        phone = enrolled("phone.db")
        visit = phone.beginVisit(BeginVisit(unlistedCustomer = "云岭县人民医院")).visit
    }

    @AfterEach
    fun close() = phone.shutDown()

    private fun path(name: String) = directory.resolve(name).toString()

    private fun enrolled(name: String): Phone {
        val phone = Phone.open(path(name), KEY, clock, Seeded(name))
        phone.beginEnrolment(USER, "phone")
        phone.finishEnrolment(USER, "王建国", DEVICE)
        return phone
    }

    @Test
    fun `errors have a code, parameters and both languages`() {
        val refused = assertThrows(PhoneException.Refused::class.java) { phone.visit(DEVICE) }
        assertEquals("visit_unknown", refused.code)
        assertEquals(mapOf("visit" to DEVICE), refused.parameters)
        assertTrue(DEVICE in refused.zhCn && "no visit" in refused.en)
        val inUse = assertThrows(PhoneException.Store::class.java) { Phone.open(path("phone.db"), KEY, clock) }
        assertEquals("store_in_use", inUse.code)
    }

    @Test
    fun `a callback that throws is an error, and nothing is half done`() {
        val broken = object : Transport {
            override fun exchange(frame: ByteArray): ByteArray = throw IllegalStateException("no signal")
        }
        val failed = assertThrows(PhoneException.Host::class.java) { phone.sync(broken, null, 3u) }
        assertTrue("no signal" in failed.en, failed.en)
        assertEquals(1L, phone.unsynced().changes)
        phone.addNote(visit, "it goes on", null)
    }

    @Test
    fun `many threads on one object`() {
        val pool = Executors.newFixedThreadPool(6)
        val all: List<Future<*>> = (0 until 6).map { n ->
            pool.submit {
                repeat(8) { k ->
                    phone.addNote(visit, "$n/$k", null)
                    phone.visits()
                }
            }
        }
        all.forEach { it.get(60, TimeUnit.SECONDS) }
        pool.shutdown()
        assertEquals(48, phone.visit(visit).notes.size)
    }

    @Test
    fun `an object may be destroyed while its call runs`() {
        val (running, goOn) = CountDownLatch(1) to CountDownLatch(1)
        val slow = object : Transport {
            override fun exchange(frame: ByteArray): ByteArray {
                running.countDown()
                goOn.await(10, TimeUnit.SECONDS)
                throw IllegalStateException("never mind")
            }
        }
        val other = enrolled("other.db")
        val pool = Executors.newSingleThreadExecutor()
        val syncing = pool.submit<String> {
            try {
                other.sync(slow, null, 1u)
                "done"
            } catch (e: PhoneException.Host) {
                e.code
            }
        }
        running.await(10, TimeUnit.SECONDS)
        other.destroy()
        goOn.countDown()
        assertEquals("host_failed", syncing.get(60, TimeUnit.SECONDS))
        pool.shutdown()
    }
}
