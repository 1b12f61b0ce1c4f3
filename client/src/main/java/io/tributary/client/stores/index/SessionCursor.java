package io.tributary.client.stores.index;

/**
 * A place in the order of sessions: behind this one. It stays good if that session is touched or removed.
 *
 * @param value its time in that order, Unix milliseconds
 * @param sessionId its name
 */
public record SessionCursor(long value, String sessionId) {}
