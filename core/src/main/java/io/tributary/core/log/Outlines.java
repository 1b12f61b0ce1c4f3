package io.tributary.core.log;

import java.util.List;

/**
 * What a scan returned.
 *
 * @param records in sequence order; removed ones are left out
 * @param next the sequence to scan from next, as of {@link Page#next()}
 * @param head the store's head when this was read
 */
public record Outlines(List<Outline> records, long next, long head) {}
