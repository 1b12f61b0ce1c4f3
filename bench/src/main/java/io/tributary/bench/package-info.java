/** Loops that do the least a hub could do, to measure the real one against. Nothing here is shipped. */
@NullMarked
@CheckReturnValue
package io.tributary.bench;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
