/**
 * Artifacts: files, tool results, images and the like, by session. Stores are for any thread.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.artifact;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
