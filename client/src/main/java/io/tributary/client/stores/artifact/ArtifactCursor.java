package io.tributary.client.stores.artifact;

/**
 * A place in the order of a session's artifacts: behind this one. It stays good if that one goes.
 *
 * @param createdAt its time, Unix milliseconds
 * @param id its name
 */
public record ArtifactCursor(long createdAt, String id) {}
