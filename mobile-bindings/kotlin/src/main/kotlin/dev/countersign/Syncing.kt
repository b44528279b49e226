package dev.countersign

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.isActive

/** How far a sync has come. */
public sealed interface SyncProgress {
    /** Another round begins. A slow collector misses some. */
    public data class Round(val roundsDone: UInt, val changesLeft: UInt) : SyncProgress

    /** It is over, and this is what it did. Always the last, unless it failed: then the flow ends with the error. */
    public data class Done(val report: SyncReport) : SyncProgress
}

/** [HttpTransport.sync] as a flow: collecting it syncs, and ending the collection ends the sync. */
public fun HttpTransport.syncing(
    maxRounds: UInt = 20u,
    dispatcher: CoroutineDispatcher = Dispatchers.IO,
): Flow<SyncProgress> = progressOf(dispatcher) { sync(it, maxRounds) }

/** [Phone.sync] as a flow, through a transport of the app's own: ending the collection ends the sync before its next round. */
public fun Phone.syncing(
    transport: Transport,
    maxRounds: UInt = 20u,
    dispatcher: CoroutineDispatcher = Dispatchers.IO,
): Flow<SyncProgress> = progressOf(dispatcher) { sync(transport, it, maxRounds) }

private fun progressOf(dispatcher: CoroutineDispatcher, sync: (SyncObserver) -> SyncReport): Flow<SyncProgress> =
    channelFlow<SyncProgress> {
        val report = try {
            sync(Watching(this))
        } catch (e: PhoneException) {
            // Nobody who has stopped listening is told how it failed.
            ensureActive()
            throw e
        }
        send(SyncProgress.Done(report))
    }
        .conflate()
        .flowOn(dispatcher)
        .distinctUntilChanged()

private class Watching(private val scope: ProducerScope<SyncProgress>) : SyncObserver {
    override fun progress(roundsDone: UInt, changesLeft: UInt): Boolean {
        scope.trySend(SyncProgress.Round(roundsDone, changesLeft))
        return scope.isActive
    }
}
