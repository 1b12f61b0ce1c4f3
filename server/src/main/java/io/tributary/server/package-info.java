/** The hub: command line, configuration, verticles, HTTP. */
@NullMarked
package io.tributary.server;

import org.jspecify.annotations.NullMarked;
