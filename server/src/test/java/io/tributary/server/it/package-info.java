/**
 * Tests that run the fat jar in a process of its own and judge it with the real npm client, each client in a process of
 * its own, or, where what counts is load or the hub's own life, with clients in Java. Test threads wait; reader threads
 * of the processes only record what they read.
 */
@NullMarked
@CheckReturnValue
package io.tributary.server.it;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
