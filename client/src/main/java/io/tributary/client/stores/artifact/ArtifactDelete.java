package io.tributary.client.stores.artifact;

/**
 * That an artifact was deleted.
 *
 * @param id its name
 * @param sessionId its session
 * @param deletedAt Unix milliseconds
 */
public record ArtifactDelete(String id, String sessionId, long deletedAt) {}
