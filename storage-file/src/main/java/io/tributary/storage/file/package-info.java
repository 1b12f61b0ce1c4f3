/**
 * The provider {@code file}: an SQLite database in a directory of its own, used by one process.
 *
 * <p>Threading: one writer thread per open storage commits everything, a few worker threads read
 * beside it; no method blocks its caller, and futures complete on the caller's context.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.file;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
