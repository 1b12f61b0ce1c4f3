/**
 * The provider {@code redis}: one Redis server, used by any number of nodes.
 *
 * <p>What a store holds is changed by scripts only, each of which the server runs as one step. With
 * {@code appendfsync always} the server syncs its append-only file before it sends the replies to
 * what it ran, so that a reply is the proof that what it answers is on the disk.
 *
 * <p>Threading: each connection has an event loop of its own; calls go there, and futures complete
 * on the caller's context.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.redis;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
