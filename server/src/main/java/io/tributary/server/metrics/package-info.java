/**
 * What the hub counts.
 *
 * <p>Threading: everything may be used from any thread; nothing blocks.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.metrics;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
