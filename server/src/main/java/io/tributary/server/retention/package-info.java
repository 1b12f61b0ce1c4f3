/**
 * Scheduled retention: what a store keeps is a pure matter of its records in order ({@link
 * io.tributary.server.retention.Quota}); a run removes the rest in small steps under a lease.
 *
 * <p>Threading: runs stay on the context they were begun on.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.retention;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
