/**
 * The running hub: verticles around the state machines of {@code core}.
 *
 * <p>Each verticle's state is confined to its own context; they talk over the local event bus, with
 * messages passed by reference. {@link io.tributary.server.hub.Hub} may be used from any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.hub;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
