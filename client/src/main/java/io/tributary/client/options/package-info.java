/**
 * Reading a replica's options from JSON, with every problem told at once.
 *
 * <p>Not thread-safe, but for the exception.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.options;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
