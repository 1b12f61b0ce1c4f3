/**
 * The hub's two engines as sans-I/O state machines: {@link io.tributary.core.hub.Ingest} turns
 * writes into appends, {@link io.tributary.core.hub.Feed} keeps the live tail of a store.
 *
 * <p>Each instance is confined to its owner's thread; what other threads may touch (a feed's head and
 * tail, a budget) says so.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.hub;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
