package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;
import java.util.List;
import java.util.Set;

/**
 * Replaces many entries by few that say the same. Entries come in buckets: those of its events with
 * one primary key, in sequence order, of one window of sequences, or of what arrived together.
 *
 * <p>A compactor is a fold of its bucket: what it gives depends on nothing but the arguments, and
 * folding the outputs of two halves says the same as folding the whole. It is called on any thread,
 * also by several at a time, and must neither block nor keep or change what it is given. If it
 * throws, its bucket passes as it is.
 */
public interface Compactor {
  /** Which it is: unique in a runtime, the same on every node and after restarts. */
  String name();

  /** The tags of the events it takes, and may give. At least one. */
  Set<String> events();

  /**
   * Folds a bucket.
   *
   * @param primaryKey of every one of them
   * @param entries at least one, in sequence order
   * @return what is put in their place, in order; empty if nothing is left of them
   * @throws Exception if it can't: the entries pass as they are
   */
  List<Replacement> compact(String primaryKey, List<Entry> entries) throws Exception;
}
