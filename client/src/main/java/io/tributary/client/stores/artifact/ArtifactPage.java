package io.tributary.client.stores.artifact;

import java.util.List;
import java.util.Optional;

/**
 * Some artifacts of a session, the oldest first.
 *
 * @param items without their contents
 * @param next where to go on; empty at the end
 */
public record ArtifactPage(List<ArtifactSummary> items, Optional<ArtifactCursor> next) {}
