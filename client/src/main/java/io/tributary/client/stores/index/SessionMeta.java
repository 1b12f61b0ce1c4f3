package io.tributary.client.stores.index;

/**
 * A session, as the index knows it.
 *
 * @param sessionId its name
 * @param createdAt the earliest time it was touched with, Unix milliseconds
 * @param updatedAt the latest
 */
public record SessionMeta(String sessionId, long createdAt, long updatedAt) {}
