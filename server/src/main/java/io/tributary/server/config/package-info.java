/**
 * The hub's configuration: immutable records, and the reader that makes them of a file, the
 * environment and flags.
 *
 * <p>Threading: the records may be shared freely; reading blocks on files and belongs on no event
 * loop.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.config;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
