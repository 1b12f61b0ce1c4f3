/**
 * Stores for agent runtimes: conversations, artifacts, an audit log and an index of sessions, each
 * plain (local) or journaled (an event log of its own, which may be synced).
 *
 * <p>Stores are for any thread; their futures complete on the caller's context, if it has one.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
