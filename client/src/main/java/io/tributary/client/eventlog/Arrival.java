package io.tributary.client.eventlog;

import io.tributary.core.model.Entry;

/**
 * An entry as a remote delivers it.
 *
 * @param sequence its place in the remote's store, not negative
 * @param entry in the clear
 */
public record Arrival(long sequence, Entry entry) {}
