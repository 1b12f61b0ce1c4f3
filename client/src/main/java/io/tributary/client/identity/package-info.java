/**
 * Where a replica's identities come from, and the word that several of them are handed over in.
 *
 * <p>For any thread; futures complete on the caller's context. What goes wrong never shows a secret.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.identity;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
