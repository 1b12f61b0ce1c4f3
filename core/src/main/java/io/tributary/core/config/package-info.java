/** What configurations of hub and replica have in common. Stateless, for any thread. */
@NullMarked
@CheckReturnValue
package io.tributary.core.config;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
