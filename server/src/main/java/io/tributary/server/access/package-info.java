/**
 * Who may open a session: tokens, origins, host names, and the order of refusals.
 *
 * <p>Threading: everything may be used from any thread; nothing blocks.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.access;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
