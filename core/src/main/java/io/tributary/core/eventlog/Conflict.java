package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;

/**
 * Another entry with the same event and primary key as the one that is handled, and a greater id.
 *
 * @param entry the other entry
 * @param payload its payload
 */
public record Conflict<P>(Entry entry, P payload) {}
