package dev.countersign

import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.security.MessageDigest

const val MINUTE = 60_000L

/** Clocks that pass a millisecond at every look, and otherwise when they are told to. */
class Hands(private val name: String) : Clock {
    private var boots = 0
    private var mono = 3_600_000L
    var wall = 1_790_000_000_000L
        private set

    @Synchronized
    override fun now(): ClockReading {
        forward(1)
        return ClockReading(wallMs = wall, monoMs = mono, boot = "$name $boots")
    }

    @Synchronized
    fun forward(ms: Long) {
        wall += ms
        mono += ms
    }

    @Synchronized
    fun reboot(at: Long) {
        boots += 1
        wall = at
        mono = 0
    }
}

/** SHA-256 of a name and a counter: the same in every language. Never for real phones. */
class Seeded(private val name: String) : Entropy {
    private var drawn = 0

    @Synchronized
    override fun fill(count: UInt): ByteArray {
        drawn += 1
        return MessageDigest.getInstance("SHA-256").digest("$name $drawn".toByteArray()).copyOf(count.toInt())
    }
}

/** The way to the server. */
class Server(private val base: String) : Transport {
    private val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
    private var token: String? = null

    private fun call(path: String, body: ByteArray?, mediaType: String): ByteArray {
        val request = HttpRequest.newBuilder(URI(base + path)).header("content-type", mediaType)
        token?.let { request.header("authorization", "Bearer $it") }
        if (body != null) request.POST(HttpRequest.BodyPublishers.ofByteArray(body))
        val answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray())
        check(answer.statusCode() < 400) { "$path: ${answer.statusCode()} ${String(answer.body())}" }
        return answer.body()
    }

    private fun json(path: String, body: String? = null): JsonObject =
        JsonParser.parseString(String(call(path, body?.toByteArray(), "application/json"))).asJsonObject

    override fun exchange(frame: ByteArray): ByteArray = call("/api/v1/sync", frame, "application/cbor")

    /** Logs in, makes the phone known, and goes on with the device's own token. */
    fun enrol(phone: Phone, login: String) {
        val text = { from: JsonElement, key: String -> from.asJsonObject[key].asString }
        val credentials = JsonObject().apply {
            addProperty("login", login)
            addProperty("password", "countersign demo")
        }
        token = text(json("/api/v1/auth/login", credentials.toString()), "access_token")
        val me = json("/api/v1/auth/me")
        val request = phone.beginEnrolment(text(me, "id"), "$login's phone")
        val enrolled = json(request.path, request.body)
        token = text(enrolled, "access_token")
        phone.finishEnrolment(text(me, "id"), text(me, "name"), text(enrolled, "device_id"))
    }
}
