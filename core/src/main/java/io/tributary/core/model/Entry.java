package io.tributary.core.model;

/**
 * One event as its author made it (v3 wire, "Encryption": the plaintext of one entry).
 *
 * @param id the author's id for it
 * @param event the event's tag
 * @param primaryKey what the event is about
 * @param payload MessagePack of the event's payload, opaque here
 */
public record Entry(EntryId id, String event, String primaryKey, byte[] payload) {}
