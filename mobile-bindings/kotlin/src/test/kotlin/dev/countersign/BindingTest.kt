package dev.countersign

import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.lang.reflect.Modifier
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

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

    private fun unreachable() = HttpTransport(phone, "http://127.0.0.1:1", HttpOptions(attempts = 1u))

    @Test
    fun `a transport of the host's own speaks in our codes`() {
        val down = { code: String ->
            object : Transport {
                override fun exchange(frame: ByteArray): ByteArray =
                    throw HostException.Coded(code, mapOf("why" to "no signal"))
            }
        }
        val failed = assertThrows(PhoneException.Server::class.java) { phone.sync(down("server_unreachable"), null, 3u) }
        assertTrue("无法连接服务器" in failed.zhCn && failed.parameters == mapOf("why" to "no signal"))
        assertTrue(phone.sync(down("cancelled"), null, 3u).cancelled)
        assertThrows(PhoneException.Host::class.java) { phone.sync(down("made_up"), null, 3u) }
        // Not logged in; also by the way through the host.
        val server = unreachable()
        for (sync in listOf({ server.sync(null, 3u) }, { phone.sync(server, null, 3u) })) {
            assertEquals("unauthorized", assertThrows(PhoneException.Server::class.java) { sync() }.code)
        }
    }

    @Test
    fun `every call has its suspending twin, which does the same`() {
        val own = { type: Class<*> ->
            type.declaredMethods.filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic }.map { it.name.substringBefore('-') }
        }
        for ((calls, twins) in listOf(
            PhoneInterface::class.java to SuspendingPhone::class.java,
            HttpTransportInterface::class.java to SuspendingHttpTransport::class.java,
        )) {
            assertEquals(own(calls).toSet(), own(twins).toSet() - "getBlocking", calls.name)
        }
        runBlocking {
            val suspending = SuspendingPhone(phone)
            val all = (0 until 20).map { async { suspending.addNote(visit, "$it", null) } }
            all.awaitAll()
            assertEquals(20, suspending.visit(visit).notes.size)
            val refused = runCatching { suspending.visit(DEVICE) }.exceptionOrNull()
            assertEquals("visit_unknown", (refused as PhoneException.Refused).code)
        }
    }

    @Test
    fun `a sync is a flow that ends with its collector`() = runBlocking {
        val asked = AtomicInteger()
        val slow = object : Transport {
            override fun exchange(frame: ByteArray): ByteArray {
                asked.incrementAndGet()
                Thread.sleep(50)
                throw HostException.Coded("server_unreachable", mapOf("why" to "slow"))
            }
        }
        val first = phone.syncing(slow).first()
        assertEquals(SyncProgress.Round(0u, 1u), first)
        assertTrue(asked.get() <= 1)
        val failed = runCatching { phone.syncing(slow).toList() }.exceptionOrNull()
        assertEquals("server_unreachable", (failed as PhoneException.Server).code)
        val cancelled = object : Transport {
            override fun exchange(frame: ByteArray): ByteArray = throw HostException.Coded("cancelled", emptyMap())
        }
        val last = phone.syncing(cancelled).toList().last()
        assertTrue((last as SyncProgress.Done).report.cancelled)
    }
}
