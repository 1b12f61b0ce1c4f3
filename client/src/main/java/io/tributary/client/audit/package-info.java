/**
 * What is noted for an audit log: tools, permissions and hooks, and of a replica's syncing conflicts,
 * compactions and connections.
 *
 * <p>Immutable records.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.audit;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
