/**
 * The v3 wire: the EventLogRemote protocol of {@code @effect/experimental} and our extension for
 * stores in the clear. {@code docs/protocol.md} has the rules.
 *
 * <p>Messages are immutable; arrays in them are handed over, not copied. The codec has no state and
 * may be used from any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.wire.v3;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
