/**
 * The worked example of {@code docs/storage.md}: a provider over a client that blocks.
 *
 * <p>The example's storage may be called from any context and does its work on one thread of its
 * own; its database may be called from any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.example;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
