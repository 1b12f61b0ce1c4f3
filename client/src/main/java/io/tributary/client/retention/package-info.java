/** Retention of a replica's journal: runs that let go what exceeds the strategies' limits. */
@NullMarked
@CheckReturnValue
package io.tributary.client.retention;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
