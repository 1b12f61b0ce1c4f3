/**
 * Events as applications see them: groups of typed events, payload codecs, handlers, the keys that
 * are invalidated when something was handled, and compactors. Shared by the hub's runtime and by
 * replicas.
 *
 * <p>Groups, codecs and compactors are immutable and safe for use by any number of threads. Handlers, listeners
 * and suppliers are called by the owner of the runtime, never on a thread of this package.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.eventlog;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
