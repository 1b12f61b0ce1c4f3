package io.tributary.core.processing;

import io.tributary.core.model.Entry;

/**
 * An entry as it comes from a store.
 *
 * @param sequence its place there, from 1
 * @param entry the entry, with its payload
 * @param process whether it is to be processed: if not, it is passed over and has no part in conflicts
 */
public record Incoming(long sequence, Entry entry, boolean process) {
  /** The bytes it is counted with. */
  public long bytes() {
    // Characters, not bytes of UTF-8: near enough for a budget.
    return 64L + entry.event().length() + entry.primaryKey().length() + entry.payload().length;
  }
}
