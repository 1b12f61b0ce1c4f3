package io.tributary.storage;

import io.tributary.core.model.StoreKey;

/**
 * What one node of a hub tells the others: a wake-up, never data. Of hints that differ in their
 * number only, the one with the greatest says what all of them say.
 */
public sealed interface Hint {
  /**
   * A store has grown. Who does not hear of it finds out by asking for heads.
   *
   * @param store which
   * @param head it has reached at least this; at least 0
   */
  record Committed(StoreKey store, long head) implements Hint {}

  /**
   * Records were removed from a store; published after the removal has committed.
   *
   * @param store which
   * @param through none of them begins after this sequence; at least 0
   */
  record Removed(StoreKey store, long through) implements Hint {}

  /**
   * Something was handled that others show or cache; published after that was recorded.
   *
   * @param key the name registered for it
   * @param primaryKey what it is about; empty for anything
   */
  record Invalidated(String key, String primaryKey) implements Hint {}
}
