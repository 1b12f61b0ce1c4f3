/**
 * The provider {@code postgres}: tables in a PostgreSQL database, shared by any number of nodes.
 *
 * <p>Threading: each open storage is a verticle; its connections and all its state belong to that
 * verticle's event loop. Every method may be called from anywhere, and futures complete on the
 * caller's context.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.postgres;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
