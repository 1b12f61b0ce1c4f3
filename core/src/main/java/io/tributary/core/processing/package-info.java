/**
 * Takes a store's entries through handlers into a journal: {@link
 * io.tributary.core.processing.EntryProcessor}, a sans-I/O state machine.
 *
 * <p>Each instance is confined to its owner's thread or context: the owner hands in pages of entries,
 * storage answers and what handlers gave, and carries out what the machine asks for. What it asks for
 * may be answered at once, within the call.
 */
@NullMarked
@CheckReturnValue
package io.tributary.core.processing;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
