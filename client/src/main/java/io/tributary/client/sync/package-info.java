/**
 * Syncing event logs with hubs: {@link io.tributary.client.sync.SyncService}, over a sans-I/O machine
 * per remote and event log, and the carriers that bring its frames to the other side.
 *
 * <p>Machines are confined to their event log's context; {@code SyncService} may be called on any
 * thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
