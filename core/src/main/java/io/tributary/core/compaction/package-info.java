/**
 * Read-time compaction: what a reader of a store in the clear gets of old entries. Nothing stored
 * changes.
 *
 * <p>Windows are fixed ranges of sequences. What is old enough of a window is put into buckets, one
 * per compactor and primary key, and each bucket's outputs stand under its greatest sequence. A
 * window is compacted whole, and only then is filtered by a reader's cursor: so a cursor says the same
 * whoever made it, and whatever else was read.
 *
 * <p>Sans-I/O: the owner reads the storage and runs compactors, and reports back.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.compaction;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
