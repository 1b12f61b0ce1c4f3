/**
 * The index of sessions: local, derived from the other stores. For any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.index;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
