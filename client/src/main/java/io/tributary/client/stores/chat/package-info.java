/**
 * Conversations: messages of sessions in order. Stores are for any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.chat;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
