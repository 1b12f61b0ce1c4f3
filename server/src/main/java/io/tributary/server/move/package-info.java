/**
 * Moves a storage's data: to a file and back, whatever the provider.
 *
 * <p>The file is lines of JSON: a header; per store its line, its records and tombstones in sequence
 * order, and a digest of these lines; then the registry's mappings and bindings, and the end with a
 * digest of all other lines. Bytes are base64.
 *
 * <p>Threading: exports and imports block, on files and on the storage. They run on a thread that is
 * no event loop and no worker context of Vert.x, whose futures could not complete: a thread of its
 * own, or {@code executeBlocking} called from an event loop. Memory is bounded by a page and one
 * line.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.move;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
