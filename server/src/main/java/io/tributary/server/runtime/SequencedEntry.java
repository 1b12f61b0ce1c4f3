package io.tributary.server.runtime;

import io.tributary.core.model.Entry;

/**
 * An entry with its place in its store.
 *
 * @param sequence from 1; what compaction put in place of others may share one
 * @param entry the entry
 */
public record SequencedEntry(long sequence, Entry entry) {}
