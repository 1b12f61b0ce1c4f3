/**
 * Takes what plain stores and the npm SDK's files hold into journaled stores. For any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.migration;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
