/**
 * Retention of a journal: which entries exceed what is to be kept. Only decides; whoever owns the
 * journal walks and removes.
 *
 * <p>Immutable, for any thread, but where a class says otherwise.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.retention;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
