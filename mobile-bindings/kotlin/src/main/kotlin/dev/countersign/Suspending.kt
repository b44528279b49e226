// Written by `cargo xtask codegen` from countersign.kt.

package dev.countersign

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * [Phone] for coroutines: the same calls, each on a thread of [dispatcher], which may wait for the disk and the
 * network. A coroutine that is cancelled meanwhile does not undo what its call has recorded.
 */
public class SuspendingPhone(
    /** The same object. */
    public val blocking: Phone,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    /**
     * The first half of enrolling: what the engineer, logged in, posts to the server. `user` is their id
     * (`/api/v1/auth/me`), `device_name` what they call the phone. Makes the device's key where there is none yet; it
     * is on disk before this returns, so that asking again after a crash enrols the same device.
     *
     * # Errors
     * `enrolled_already`, `bad_id`, `host_failed`, `store_failed`.
     */
    public suspend fun `beginEnrolment`(`user`: kotlin.String, `deviceName`: kotlin.String): EnrolmentRequest =
        withContext(dispatcher) { blocking.`beginEnrolment`(`user`, `deviceName`) }

    /**
     * The second half: the server's answer gave the device its id. `user` as before, `engineer_name` as it will stand on
     * receipts.
     *
     * # Errors
     * `enrolled_already`, `bad_id`, `host_failed`, `store_failed`.
     */
    public suspend fun `finishEnrolment`(`user`: kotlin.String, `engineerName`: kotlin.String, `device`: kotlin.String): Identity =
        withContext(dispatcher) { blocking.`finishEnrolment`(`user`, `engineerName`, `device`) }

    /**
     * Who this phone is; `None` before it is enrolled.
     *
     * # Errors
     * `store_closed`, or when the store failed before and cannot be opened again.
     */
    public suspend fun `identity`(): Identity? =
        withContext(dispatcher) { blocking.`identity`() }

    /**
     * [`Phone::begin_enrolment`] for platforms that sign in their own time (WebCrypto): what the device's key must sign.
     *
     * # Errors
     * `enrolled_already`, `bad_id`, `host_signs` without a signer, `host_failed`.
     */
    public suspend fun `prepareEnrolment`(`user`: kotlin.String): ToSign =
        withContext(dispatcher) { blocking.`prepareEnrolment`(`user`) }

    /**
     * With the signature, the request of [`Phone::begin_enrolment`].
     *
     * # Errors
     * `bad_signature`, also when the ticket is none, or was used.
     */
    public suspend fun `sealEnrolment`(`ticket`: kotlin.UInt, `signature`: kotlin.ByteArray, `deviceName`: kotlin.String): EnrolmentRequest =
        withContext(dispatcher) { blocking.`sealEnrolment`(`ticket`, `signature`, `deviceName`) }

    /**
     * What the verdict would be if this work were begun now. Nothing is recorded.
     *
     * # Errors
     * `bad_id`, `host_failed`, `not_enrolled`, `store_closed`.
     */
    public suspend fun `advice`(`question`: AdviceQuestion): Verdict =
        withContext(dispatcher) { blocking.`advice`(`question`) }

    /**
     * The phone's own verdict on a visit; advisory, the server judges again.
     *
     * # Errors
     * As [`Phone::visit`].
     */
    public suspend fun `assess`(`visit`: kotlin.String): Verdict =
        withContext(dispatcher) { blocking.`assess`(`visit`) }

    /**
     * What is installed at a customer, by code.
     *
     * # Errors
     * `bad_id`, `not_enrolled`, `store_closed`.
     */
    public suspend fun `assets`(`customer`: kotlin.String): List<Asset> =
        withContext(dispatcher) { blocking.`assets`(`customer`) }

    /**
     * The people at a customer, as far as this phone may know them.
     *
     * # Errors
     * `bad_id`, `not_enrolled`, `store_closed`.
     */
    public suspend fun `contacts`(`customer`: kotlin.String): List<Contact> =
        withContext(dispatcher) { blocking.`contacts`(`customer`) }

    /**
     * The customers that this phone knows, by code.
     *
     * # Errors
     * `not_enrolled`, `store_closed`.
     */
    public suspend fun `customers`(): List<Customer> =
        withContext(dispatcher) { blocking.`customers`() }

    /**
     * The line of one visit in [`Phone::visits`]; none when this phone does not have it.
     *
     * # Errors
     * As [`Phone::visits`]; `bad_id`.
     */
    public suspend fun `listed`(`visit`: kotlin.String): ListedVisit? =
        withContext(dispatcher) { blocking.`listed`(`visit`) }

    /**
     * Every timer that runs, of any engineer in any visit of this phone. What they count goes on while the app is dead
     * and the phone is off.
     *
     * # Errors
     * `host_failed`, `not_enrolled`, `store_closed`.
     */
    public suspend fun `runningTimers`(): List<RunningTimer> =
        withContext(dispatcher) { blocking.`runningTimers`() }

    /**
     * A part of [`Phone::visits`]: at most `count`, from the one that `skip` others precede. The verdict in a line is worked
     * out from the visit's document, so whoever shows a part of a long list asks for that part.
     *
     * # Errors
     * As [`Phone::visits`].
     */
    public suspend fun `someVisits`(`skip`: kotlin.UInt, `count`: kotlin.UInt): List<ListedVisit> =
        withContext(dispatcher) { blocking.`someVisits`(`skip`, `count`) }

    /**
     * What has not reached the server yet: changes, and photos' bytes.
     *
     * # Errors
     * `not_enrolled`, `store_closed`.
     */
    public suspend fun `unsynced`(): Unsynced =
        withContext(dispatcher) { blocking.`unsynced`() }

    /**
     * Everything that is recorded of a visit.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `document_unreadable`, `not_enrolled`, `store_closed`.
     */
    public suspend fun `visit`(`visit`: kotlin.String): Visit =
        withContext(dispatcher) { blocking.`visit`(`visit`) }

    /**
     * The visit's document as Automerge saves it, for other tools.
     *
     * # Errors
     * As [`Phone::visit`].
     */
    public suspend fun `visitDocument`(`visit`: kotlin.String): kotlin.ByteArray =
        withContext(dispatcher) { blocking.`visitDocument`(`visit`) }

    /**
     * The same in canonical JSON (RFC 8785), with every value that phones wrote apart: equal bytes on every platform
     * that has the same changes.
     *
     * # Errors
     * As [`Phone::visit`].
     */
    public suspend fun `visitJson`(`visit`: kotlin.String): kotlin.String =
        withContext(dispatcher) { blocking.`visitJson`(`visit`) }

    /**
     * Every visit on this phone, the newest first, with its sync state and the phone's own verdict.
     *
     * # Errors
     * `not_enrolled`, `store_closed`.
     */
    public suspend fun `visits`(): List<ListedVisit> =
        withContext(dispatcher) { blocking.`visits`() }

    /**
     * The work orders that this phone knows, the newest first.
     *
     * # Errors
     * `not_enrolled`, `store_closed`.
     */
    public suspend fun `workOrders`(): List<WorkOrder> =
        withContext(dispatcher) { blocking.`workOrders`() }

    /**
     * From now on `new_key` (32 bytes) opens the store, and no other: everything is encrypted anew, in one step.
     *
     * # Errors
     * `store_failed`: the store is closed then, and one of the two keys opens it.
     */
    public suspend fun `rotateKey`(`newKey`: kotlin.ByteArray) =
        withContext(dispatcher) { blocking.`rotateKey`(`newKey`) }

    /**
     * Lets go of the store, so that it can be opened again. Every later call fails with `store_closed`.
     */
    public suspend fun `shutDown`() =
        withContext(dispatcher) { blocking.`shutDown`() }

    /**
     * Records a photo or file: a JPEG, PNG, WebP or HEIC image or a PDF of at most 20 MiB. Its bytes are on disk with the
     * record, and stay until the server has them ([`Phone::next_upload`]).
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
     */
    public suspend fun `addPhoto`(`visit`: kotlin.String, `bytes`: kotlin.ByteArray, `mediaType`: kotlin.String, `caption`: kotlin.String, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addPhoto`(`visit`, `bytes`, `mediaType`, `caption`, `corrects`) }

    /**
     * Records a photo or file that belongs to a work item or an expense: `about` is its id.
     *
     * # Errors
     * As [`Phone::add_photo`].
     */
    public suspend fun `addPhotoAbout`(`visit`: kotlin.String, `about`: kotlin.String, `bytes`: kotlin.ByteArray, `mediaType`: kotlin.String, `caption`: kotlin.String, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addPhotoAbout`(`visit`, `about`, `bytes`, `mediaType`, `caption`, `corrects`) }

    /**
     * Records a photo of the customer's seal (公章), to be drawn beside the signature. It has to be there before the
     * customer signs: what is added later is not part of what was signed.
     *
     * # Errors
     * As [`Phone::add_photo`].
     */
    public suspend fun `addSeal`(`visit`: kotlin.String, `bytes`: kotlin.ByteArray, `mediaType`: kotlin.String, `caption`: kotlin.String, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addSeal`(`visit`, `bytes`, `mediaType`, `caption`, `corrects`) }

    /**
     * The bytes of a photo that waits on this phone.
     *
     * # Errors
     * `photo_unknown`, `store_failed`, `store_damaged`.
     */
    public suspend fun `photoBytes`(`sha256`: kotlin.String): kotlin.ByteArray =
        withContext(dispatcher) { blocking.`photoBytes`(`sha256`) }

    /**
     * The server has this photo: its bytes are forgotten here, the record stays. [`Phone::uploaded`] does so by itself; this
     * is for hosts that know it in another way.
     *
     * # Errors
     * `photo_unknown`, `store_failed`.
     */
    public suspend fun `photoConfirmed`(`sha256`: kotlin.String) =
        withContext(dispatcher) { blocking.`photoConfirmed`(`sha256`) }

    /**
     * A new expense.
     *
     * # Errors
     * `bad_id`, `bad_number`, `visit_unknown`, `command_invalid`.
     */
    public suspend fun `addExpense`(`visit`: kotlin.String, `fields`: ExpensePatch): Recorded =
        withContext(dispatcher) { blocking.`addExpense`(`visit`, `fields`) }

    /**
     * A new work item.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `command_invalid`.
     */
    public suspend fun `addItem`(`visit`: kotlin.String, `fields`: ItemPatch): Recorded =
        withContext(dispatcher) { blocking.`addItem`(`visit`, `fields`) }

    /**
     * Records a note.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
     */
    public suspend fun `addNote`(`visit`: kotlin.String, `text`: kotlin.String, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addNote`(`visit`, `text`, `corrects`) }

    /**
     * Records what the engineer advised against and had to do, or relief that was refused.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
     */
    public suspend fun `addObjection`(`visit`: kotlin.String, `kind`: ObjectionKind, `advice`: kotlin.String, `insistedBy`: kotlin.String, `words`: kotlin.String, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addObjection`(`visit`, `kind`, `advice`, `insistedBy`, `words`, `corrects`) }

    /**
     * Writes a time entry down afterwards, perhaps in place of another. `user` is whose time it was, this engineer's
     * when it is not said; instants are milliseconds since 1970 UTC.
     *
     * # Errors
     * `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`.
     */
    public suspend fun `addTime`(`visit`: kotlin.String, `kind`: TimeKind, `fromMs`: kotlin.Long, `untilMs`: kotlin.Long, `user`: kotlin.String?, `item`: kotlin.String?, `corrects`: Correction?): Recorded =
        withContext(dispatcher) { blocking.`addTime`(`visit`, `kind`, `fromMs`, `untilMs`, `user`, `item`, `corrects`) }

    /**
     * Begins a visit: by a work order of this phone (which names it ahead of time), at a listed customer, or at one
     * that the phone does not know.
     *
     * # Errors
     * `command_invalid` unless exactly one of the three is named; `fact_unknown` for a customer or work order that this
     * phone does not know; `visit_begun`.
     */
    public suspend fun `beginVisit`(`begin`: BeginVisit): Recorded =
        withContext(dispatcher) { blocking.`beginVisit`(`begin`) }

    /**
     * Writes some fields of an expense.
     *
     * # Errors
     * `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
     */
    public suspend fun `editExpense`(`visit`: kotlin.String, `expense`: kotlin.String, `fields`: ExpensePatch): Recorded =
        withContext(dispatcher) { blocking.`editExpense`(`visit`, `expense`, `fields`) }

    /**
     * Writes some fields of a work item.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
     */
    public suspend fun `editItem`(`visit`: kotlin.String, `item`: kotlin.String, `fields`: ItemPatch): Recorded =
        withContext(dispatcher) { blocking.`editItem`(`visit`, `item`, `fields`) }

    /**
     * This engineer joins a visit that is on this phone.
     *
     * # Errors
     * `bad_id`, `visit_unknown`.
     */
    public suspend fun `join`(`visit`: kotlin.String): Recorded =
        withContext(dispatcher) { blocking.`join`(`visit`) }

    /**
     * Joins the visit whose code was scanned from another phone.
     *
     * # Errors
     * `join_code_unreadable`.
     */
    public suspend fun `joinByCode`(`code`: kotlin.String): Recorded =
        withContext(dispatcher) { blocking.`joinByCode`(`code`) }

    /**
     * The code that another phone scans to join this visit without a network.
     *
     * # Errors
     * `bad_id`, `visit_unknown`.
     */
    public suspend fun `joinCode`(`visit`: kotlin.String): kotlin.String =
        withContext(dispatcher) { blocking.`joinCode`(`visit`) }

    /**
     * This engineer leaves.
     *
     * # Errors
     * `bad_id`, `visit_unknown`.
     */
    public suspend fun `leave`(`visit`: kotlin.String): Recorded =
        withContext(dispatcher) { blocking.`leave`(`visit`) }

    /**
     * Starts a timer for this engineer, on a work item or on none.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`.
     */
    public suspend fun `startTimer`(`visit`: kotlin.String, `kind`: TimeKind, `item`: kotlin.String?): Recorded =
        withContext(dispatcher) { blocking.`startTimer`(`visit`, `kind`, `item`) }

    /**
     * Stops a timer.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `fact_unknown`, `timer_ended`.
     */
    public suspend fun `stopTimer`(`visit`: kotlin.String, `entry`: kotlin.String): Recorded =
        withContext(dispatcher) { blocking.`stopTimer`(`visit`, `entry`) }

    /**
     * Unsent work of other phones that this one has yet to deliver, or the photos of it.
     *
     * # Errors
     * `store_closed`.
     */
    public suspend fun `carried`(): List<Carried> =
        withContext(dispatcher) { blocking.`carried`() }

    /**
     * The next request of carried work; `None` when all of it is delivered but perhaps its photos.
     *
     * # Errors
     * `store_closed`.
     */
    public suspend fun `carriedFrame`(`id`: kotlin.String): Frame? =
        withContext(dispatcher) { blocking.`carriedFrame`(`id`) }

    /**
     * Everything that has not reached the server, photos included, as the bytes of a file, encrypted with `key` (32
     * bytes, which the host shows or sends some other way). Changes nothing on this phone; delivering it twice, or
     * syncing as well, does no harm.
     *
     * # Errors
     * `bad_key_length`, `not_enrolled`, `host_failed`, `document_unreadable`, `store_failed`.
     */
    public suspend fun `exportUnsynced`(`key`: kotlin.ByteArray): kotlin.ByteArray =
        withContext(dispatcher) { blocking.`exportUnsynced`(`key`) }

    /**
     * When everything is signed, the file of [`Phone::export_unsynced`].
     *
     * # Errors
     * `bad_key_length`, `host_failed`; `bad_signature` when something was not signed, and when the ticket is none, or was
     * used.
     */
    public suspend fun `finishExport`(`ticket`: kotlin.UInt, `key`: kotlin.ByteArray): kotlin.ByteArray =
        withContext(dispatcher) { blocking.`finishExport`(`ticket`, `key`) }

    /**
     * Takes in the file of another phone. On disk when this returns; importing it again changes nothing. Deliver it:
     * post [`Carried::enrolment`] as the engineer who recorded it, and with those tokens sync
     * [`Phone::carried_frame`] until none is left, and then [`Phone::carried_upload`]. Its photos are among
     * [`Phone::unsynced`]'s. It is kept until the server has all of it.
     *
     * # Errors
     * `rescue_unreadable`, `rescue_wrong_key`, `bad_key_length`, `store_failed`.
     */
    public suspend fun `importUnsynced`(`file`: kotlin.ByteArray, `key`: kotlin.ByteArray): Carried =
        withContext(dispatcher) { blocking.`importUnsynced`(`file`, `key`) }

    /**
     * [`Phone::export_unsynced`] for platforms that sign in their own time: the first message for the device's key.
     *
     * # Errors
     * As [`Phone::export_unsynced`].
     */
    public suspend fun `prepareExport`(): ToSign =
        withContext(dispatcher) { blocking.`prepareExport`() }

    /**
     * Takes in the server's answer to [`Phone::carried_frame`]. What waits there for another phone's changes stays here,
     * to be tried again later.
     *
     * # Errors
     * `answer_unreadable`, `store_failed`.
     */
    public suspend fun `receiveCarried`(`id`: kotlin.String, `answer`: kotlin.ByteArray): SyncReport =
        withContext(dispatcher) { blocking.`receiveCarried`(`id`, `answer`) }

    /**
     * With its signature, the next message; an empty one when nothing is left to sign.
     *
     * # Errors
     * `bad_signature`, also when the ticket is none, or was used.
     */
    public suspend fun `signExport`(`ticket`: kotlin.UInt, `signature`: kotlin.ByteArray): ToSign =
        withContext(dispatcher) { blocking.`signExport`(`ticket`, `signature`) }

    /**
     * The second half: the signature over the message.
     *
     * # Errors
     * `bad_signature`; `changed_since_shown` also when the ticket is none, or was used.
     */
    public suspend fun `finishSignOff`(`ticket`: kotlin.UInt, `signature`: kotlin.ByteArray): Recorded =
        withContext(dispatcher) { blocking.`finishSignOff`(`ticket`, `signature`) }

    /**
     * The first half of signing, for hosts that sign in their own time (WebCrypto): the message for the device's key.
     *
     * # Errors
     * As [`Phone::sign_off`].
     */
    public suspend fun `prepareSignOff`(`shown`: Shown, `answer`: Answer): ToSign =
        withContext(dispatcher) { blocking.`prepareSignOff`(`shown`, `answer`) }

    /**
     * What to show for signing: the visit as it is now, in the signer's language.
     *
     * # Errors
     * `bad_id`, `visit_unknown`, `document_unreadable`.
     */
    public suspend fun `show`(`visit`: kotlin.String, `lang`: Lang): Shown =
        withContext(dispatcher) { blocking.`show`(`visit`, `lang`) }

    /**
     * Records how the customer answered what was shown: accepted, with reservations, refused, or nobody was there.
     * Signed by the device's key, in the store or in the platform's hardware.
     *
     * # Errors
     * `changed_since_shown`, `name_missing`, `reason_missing`, `too_long`, `bad_mail`, `bad_phone`, `bad_rating`,
     * `nobody_present`, `host_failed`, `bad_signature`.
     */
    public suspend fun `signOff`(`shown`: Shown, `answer`: Answer): Recorded =
        withContext(dispatcher) { blocking.`signOff`(`shown`, `answer`) }

    /**
     * The next request for the server, signed: what it lacks, as far as the bounds allow, and what this phone wants to
     * know. Making it changes nothing: any frame may be lost, cut, doubled or sent late.
     *
     * # Errors
     * `document_unreadable`, `host_failed`, `writes_pending`.
     */
    public suspend fun `nextFrame`(): Frame =
        withContext(dispatcher) { blocking.`nextFrame`() }

    /**
     * The first half of [`Phone::next_frame`], for hosts that sign in their own time. An empty message needs no
     * signature.
     *
     * # Errors
     * As [`Phone::next_frame`].
     */
    public suspend fun `prepareFrame`(): ToSign =
        withContext(dispatcher) { blocking.`prepareFrame`() }

    /**
     * Takes in the server's answer to a frame. On disk when this returns.
     *
     * # Errors
     * `answer_unreadable`: nothing has changed then.
     */
    public suspend fun `receive`(`answer`: kotlin.ByteArray): SyncReport =
        withContext(dispatcher) { blocking.`receive`(`answer`) }

    /**
     * The second half.
     *
     * # Errors
     * `bad_signature`, also when the ticket is none, or was used.
     */
    public suspend fun `sealFrame`(`ticket`: kotlin.UInt, `signature`: kotlin.ByteArray): Frame =
        withContext(dispatcher) { blocking.`sealFrame`(`ticket`, `signature`) }

    /**
     * Rounds through `transport` until nothing is left to send or to ask for, at most `max_rounds`. Facts may be recorded
     * meanwhile. When it fails or is ended, what was confirmed stays confirmed, and the next sync goes on from there.
     *
     * # Errors
     * `host_failed` or the code that it gave when the transport or the observer failed; otherwise as [`Phone::next_frame`] and
     * [`Phone::receive`].
     */
    public suspend fun `sync`(`transport`: Transport, `observer`: SyncObserver?, `maxRounds`: kotlin.UInt): SyncReport =
        withContext(dispatcher) { blocking.`sync`(`transport`, `observer`, `maxRounds`) }

    /**
     * As [`Phone::next_upload`], for the photos that came in another phone's file of unsent work: they go with that
     * device's token, and after the frames that refer to them ([`Phone::carried_frame`]).
     *
     * # Errors
     * As [`Phone::next_upload`].
     */
    public suspend fun `carriedUpload`(`id`: kotlin.String): Upload? =
        withContext(dispatcher) { blocking.`carriedUpload`(`id`) }

    /**
     * The next request that brings a photo of this phone's own to the server, part by part; `None` when there is nothing to
     * send, or nothing before the next sync. Making it changes nothing: it may be lost, cut, doubled or sent late, and a
     * phone that was killed goes on where the server is.
     *
     * # Errors
     * `store_closed`, `store_failed`, `store_damaged`.
     */
    public suspend fun `nextUpload`(): Upload? =
        withContext(dispatcher) { blocking.`nextUpload`() }

    /**
     * Takes in the server's answer to [`Phone::next_upload`] or [`Phone::carried_upload`], whatever its status: all its
     * headers, or at least `Upload-Offset`, `Upload-Complete` and `Retry-After`. On disk when this returns. A request that
     * had no answer is simply made again.
     *
     * # Errors
     * `store_closed`, `store_failed`.
     */
    public suspend fun `uploaded`(`sha256`: kotlin.String, `status`: kotlin.UShort, `headers`: List<HttpHeader>): UploadReport =
        withContext(dispatcher) { blocking.`uploaded`(`sha256`, `status`, `headers`) }
}

/**
 * [HttpTransport] for coroutines: the same calls, each on a thread of [dispatcher], which may wait for the disk and the
 * network. A coroutine that is cancelled meanwhile does not undo what its call has recorded.
 */
public class SuspendingHttpTransport(
    /** The same object. */
    public val blocking: HttpTransport,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    /**
     * Chooses a new password for the engineer who is logged in.
     *
     * # Errors
     * As [`HttpTransport::log_in`]; `unauthorized` when nobody is logged in, `server_refused` with the server's code
     * `bad_password` when the new one does not do.
     */
    public suspend fun `changePassword`(`old`: kotlin.String, `new`: kotlin.String) =
        withContext(dispatcher) { blocking.`changePassword`(`old`, `new`) }

    /**
     * Makes this phone known to the server for the engineer who is logged in; the device's identity and tokens are on
     * disk together when this returns. Repeating it is no error, and on a phone whose log-in has ended
     * (`unauthorized`) it begins a new one for the same device.
     *
     * # Errors
     * As [`HttpTransport::log_in`]; `unauthorized` when nobody is logged in, `device_revoked`, `enrolled_for_another`,
     * `host_failed`, `store_failed`.
     */
    public suspend fun `enrol`(`deviceName`: kotlin.String): Identity =
        withContext(dispatcher) { blocking.`enrol`(`deviceName`) }
    public suspend fun `exchange`(`frame`: kotlin.ByteArray): kotlin.ByteArray =
        withContext(dispatcher) { blocking.`exchange`(`frame`) }

    /**
     * Logs the engineer in. The password is not kept, and the log-in lasts until the phone is enrolled or this object
     * goes.
     *
     * # Errors
     * `credentials_wrong`, `too_many_attempts`, `server_unreachable`, `server_busy`, `server_untrusted`, `server_refused`.
     */
    public suspend fun `logIn`(`login`: kotlin.String, `password`: kotlin.String): Account =
        withContext(dispatcher) { blocking.`logIn`(`login`, `password`) }

    /**
     * Ends the device's log-in: tells the server, where there is a way to it, and forgets the tokens. What is recorded
     * stays; after logging in and enrolling again it is synced.
     *
     * # Errors
     * `store_failed`.
     */
    public suspend fun `logOut`() =
        withContext(dispatcher) { blocking.`logOut`() }

    /**
     * As [`Phone::sync`] over this way, and then photos: each part of one that arrived stays arrived. What came in another
     * phone's file of unsent work is [`HttpTransport::deliver`]'s. `observer` is also asked while a request or a wait
     * before the next attempt goes on, many times with the same numbers, and its `false` ends the sync then.
     *
     * # Errors
     * `unauthorized`: log in and enrol again; `refresh_reused`: the same, and somebody has a copy of this phone's
     * log-in; `server_unreachable`, `server_busy`, `server_untrusted`, `app_too_old`, `server_refused`; otherwise as
     * [`Phone::sync`].
     */
    public suspend fun `sync`(`observer`: SyncObserver? = null, `maxRounds`: kotlin.UInt = 20u): SyncReport =
        withContext(dispatcher) { blocking.`sync`(`observer`, `maxRounds`) }

    /**
     * Delivers what `import_unsynced` took in: the records, and then their photos. The engineer who recorded it
     * has to be logged in ([`HttpTransport::log_in`]), unless this phone is theirs as well. What arrived stays arrived; after
     * a failure the same call goes on from there. `observer` is told how many requests are left, and may end it.
     *
     * # Errors
     * `carried_for_another`: its engineer is not logged in; otherwise as [`HttpTransport::sync`].
     */
    public suspend fun `deliver`(`id`: kotlin.String, `observer`: SyncObserver? = null): SyncReport =
        withContext(dispatcher) { blocking.`deliver`(`id`, `observer`) }
}
