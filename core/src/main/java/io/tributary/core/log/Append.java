package io.tributary.core.log;

import io.tributary.core.model.StoreKey;
import java.util.List;

/**
 * One write: records that go into a store together or not at all.
 *
 * @param store where
 * @param committedAt Unix milliseconds, kept with each record
 * @param records in the order they are to have; may be empty
 */
public record Append(StoreKey store, long committedAt, List<NewRecord> records) {}
