/**
 * The replica: an event log of one's own, offline-first, in sync with any number of hubs. {@link
 * io.tributary.client.Tributary#replica} opens one, {@link io.tributary.client.SyncVerticle} is one
 * for who speaks the event bus.
 *
 * <p>For any thread, but for the builder.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
