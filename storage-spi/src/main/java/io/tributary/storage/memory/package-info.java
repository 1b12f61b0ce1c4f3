/**
 * The provider {@code memory}: everything on the heap, gone when the storage is closed.
 *
 * <p>Thread-safe. Appends hold a lock of their store for as long as their own records take; reads
 * and heads take none. Futures are complete when they are returned, so their listeners run where
 * they are added.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.memory;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
