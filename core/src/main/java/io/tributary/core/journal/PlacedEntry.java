package io.tributary.core.journal;

/**
 * An entry with its place in the order of insertion.
 *
 * @param position from 1, strictly increasing in a journal; positions may be left out
 * @param entry the entry
 */
public record PlacedEntry(long position, JournalEntry entry) {}
