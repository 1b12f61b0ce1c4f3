/**
 * The words everything else is said in: entry ids, store keys, entries, the identity of a data set.
 *
 * <p>All types are immutable and safe to share between threads, except {@link
 * io.tributary.core.model.EntryIdGenerator}, which is thread-safe by its own lock. Byte arrays in records
 * are handed over, not copied: neither side changes them afterwards.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.model;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
