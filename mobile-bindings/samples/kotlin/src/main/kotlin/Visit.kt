import dev.countersign.*
import kotlinx.coroutines.runBlocking
import java.security.SecureRandom

fun main() = runBlocking {
    // The key comes from the platform's keystore; the file is made when it is not there.
    val key = ByteArray(32).also { SecureRandom().nextBytes(it) }
    // On Android the clock is the app's own, of SystemClock.elapsedRealtime() and Settings.Global.BOOT_COUNT.
    val opened = Phone.open("phone.db", key, LinuxClock())
    // The calls that suspend; `opened` has the same ones, which block.
    val phone = SuspendingPhone(opened)
    val http = HttpTransport(opened, System.getenv("SERVER"))
    val server = SuspendingHttpTransport(http)

    // Once: make this phone known. From here on the server knows it without a password.
    server.logIn("wang.jianguo", "countersign demo")
    server.enrol("my phone")
    server.sync(null, 20u)

    // Without a network from here on. Every call returns when its fact is on disk.
    val hospital = phone.customers().first()
    val visit = phone.beginVisit(BeginVisit(customer = hospital.id)).visit
    val item = phone.addItem(visit, ItemPatch(category = Category.DATABASE, symptom = "数据库无法启动")).fact
    val timer = phone.startTimer(visit, TimeKind.LABOUR, item).fact
    phone.stopTimer(visit, timer)
    for (flag in phone.assess(visit).flags) println("${flag.code} ${flag.message.zhCn}")

    // What is shown is what is signed.
    val shown = phone.show(visit, Lang.ZH_CN)
    println(shown.text)
    phone.signOff(shown, Answer(SignOffOutcome.ACCEPTED, "", "刘志远", "信息科主任", emptyList()))

    // Back under the sky.
    check(phone.unsynced().changes == 5L)
    try {
        http.syncing().collect { progress ->
            when (progress) {
                is SyncProgress.Round -> println("${progress.changesLeft} changes to go")
                is SyncProgress.Done -> println("confirmed: ${progress.report.confirmed}")
            }
        }
    } catch (e: PhoneException.Server) {
        error("${e.code}: ${e.zhCn}")
    }
    check(phone.unsynced().changes == 0L)
    println(phone.visits().first().state?.receipts)
    phone.shutDown()
}
