/**
 * The admin listener and its token.
 *
 * <p>Threading: the verticle is confined to its event loop; files are touched on worker threads.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.admin;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
