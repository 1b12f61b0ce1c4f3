/**
 * What both listeners share: health, and how sockets are guarded and closed.
 *
 * <p>Threading: as each class says.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.http;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
