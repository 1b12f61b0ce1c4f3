/**
 * The schedule on which stores let go of what exceeds their limits. Lives on one runner.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.cleanup;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
