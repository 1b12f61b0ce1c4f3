/**
 * What a replica notes about its syncing, for an audit log: conflicts, compactions, connections.
 *
 * <p>Immutable records.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.audit;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
