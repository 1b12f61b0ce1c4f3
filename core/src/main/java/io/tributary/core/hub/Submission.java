package io.tributary.core.hub;

import io.tributary.core.log.NewRecord;
import io.tributary.core.model.StoreKey;
import java.util.List;

/**
 * One write on its way into a store. Settled exactly once, as a whole.
 *
 * @param origin who gets the outcome: opaque to the engines
 * @param token the origin's own name for this write
 * @param store where it goes
 * @param records what goes in, at least one
 * @param bytes what it holds in memory
 * @param patient whether it is tried again when the storage has certainly not committed it; what may
 *     have been committed always is
 */
public record Submission(
    Object origin,
    long token,
    StoreKey store,
    List<NewRecord> records,
    long bytes,
    boolean patient) {}
