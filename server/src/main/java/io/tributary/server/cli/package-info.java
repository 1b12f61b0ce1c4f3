/**
 * The verbs of the command line.
 *
 * <p>Threading: a verb runs on the main thread and may block it.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.cli;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
