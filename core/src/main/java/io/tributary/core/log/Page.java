package io.tributary.core.log;

import java.util.List;

/**
 * What a read returned.
 *
 * @param records in sequence order; removed ones are left out
 * @param next the sequence to read from next, never below the one asked for: everything below it
 *     and at or above the one asked for is in {@code records} or was removed. Where no limit ended
 *     the read it is {@code head + 1}, or the one asked for if that is greater
 * @param head the store's head when this was read
 */
public record Page(List<StoredRecord> records, long next, long head) {}
