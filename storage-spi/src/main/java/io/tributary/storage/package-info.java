/**
 * What a storage provider implements: the shared log of stores, leases and hints.
 *
 * <p>Threading: every method may be called from any Vert.x context and never blocks it; the future
 * it returns completes on the caller's context. The contract kit (this module's test-jar) is the
 * definition of what each method promises.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
