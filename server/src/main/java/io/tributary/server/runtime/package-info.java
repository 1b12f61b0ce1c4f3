/**
 * The hub's runtime for stores in the clear: who may use them, writes of clients and of the server
 * itself, and what an application reads and does with them.
 *
 * <p>Everything public may be called from any thread; futures complete on the caller's context.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.runtime;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
