package io.tributary.core.eventlog;

/**
 * What a compaction puts in the place of entries. Its id and sequence are given by who runs the
 * compaction.
 *
 * @param event the event's tag
 * @param primaryKey what the event is about
 * @param payload as an entry's: MessagePack of the event's payload; handed over
 */
public record Replacement(String event, String primaryKey, byte[] payload) {}
