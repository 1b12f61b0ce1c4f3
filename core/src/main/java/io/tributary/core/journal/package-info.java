/**
 * The journal's own words: the entries a replica, or the hub's processing, has taken in, what became
 * of each, and how far each remote has come.
 *
 * <p>Immutable; lists and arrays are handed over and not changed afterwards by either side.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.journal;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
