package io.tributary.core.log;

import java.util.List;

/**
 * A part of a store's tombstones.
 *
 * @param tombstones in sequence order
 * @param next the sequence to go on from; 0 if there are no more
 */
public record Tombstones(List<Tombstone> tombstones, long next) {}
