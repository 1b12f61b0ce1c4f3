/**
 * The log's own words: what is appended to a store, what the storage answers, what is read back.
 *
 * <p>Immutable; lists and arrays are handed over and not changed afterwards by either side.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.log;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
