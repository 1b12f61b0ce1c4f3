/** The hub: command line, configuration, verticles, HTTP. */
@NullMarked
@CheckReturnValue
package io.tributary.server;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
