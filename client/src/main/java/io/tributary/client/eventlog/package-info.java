/**
 * The replica's event log: what is written here and what comes from remotes goes through conflict
 * policy and handlers into one journal.
 *
 * <p>Each {@link io.tributary.client.eventlog.EventLog} is confined to one context; its public methods
 * may be called on any thread, and their futures complete on the caller's context.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.eventlog;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
