/**
 * What a storage provider implements: the shared log of stores, leases, hints, the registry and the
 * history of compactions.
 *
 * <p>Threading: every method may be called from any Vert.x context and never blocks it. Listeners
 * that the caller adds to the future, on the context it called from, run on that context; a future
 * may be complete when it is returned, so they may run before {@code onComplete} returns. A call
 * from a thread without a context may complete on any thread.
 *
 * <p>Errors: an argument out of its range is thrown as {@link IllegalArgumentException}. All else
 * fails the future, with {@link io.tributary.storage.StorageException}; calls on a closed storage
 * with outcome {@code NOT_COMMITTED}. Only the registry has an exception of its own, {@link
 * io.tributary.storage.RegistryException}, and is {@code UNAVAILABLE} on a closed storage.
 *
 * <p>The contract kit (this module's test-jar) is the definition of what each method promises.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
