/**
 * End-to-end encryption as replicas do it: identities and the sealing of entries. A hub never uses
 * it on what it stores.
 *
 * <p>All types are immutable and may be used from any thread. Secrets never appear in {@code
 * toString()} or in messages of exceptions.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.crypto;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
