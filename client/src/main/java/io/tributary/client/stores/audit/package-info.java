/**
 * The audit log: tools used, permissions decided, hooks, and what syncing did. For any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.audit;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
