/**
 * Conflict policies: which entry of an event and primary key stands, whatever the order in which they
 * arrive; and the rules of the winner that a journal keeps for each key.
 *
 * <p>Immutable, for any thread, but where a class says otherwise.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.conflict;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
