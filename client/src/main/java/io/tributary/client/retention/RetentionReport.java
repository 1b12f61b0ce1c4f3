package io.tributary.client.retention;

/**
 * What a run did.
 *
 * @param before entries that were there
 * @param removed how many of them went
 * @param pending how many exceed the limits but stay, since a remote is still to get them
 */
public record RetentionReport(long before, long removed, long pending) {}
