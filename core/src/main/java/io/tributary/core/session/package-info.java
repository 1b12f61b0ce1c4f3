/** Protocol sessions, both ends, as sans-I/O state machines. Each instance is confined to one thread. */
@NullMarked
@CheckReturnValue
package io.tributary.core.session;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
