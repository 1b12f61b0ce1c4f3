package io.tributary.server.move;

import io.tributary.core.model.StoreKey;

/** Is told how far an export or import is, on the thread that runs it. */
@FunctionalInterface
public interface MoveProgress {
  /** Does nothing with it. */
  MoveProgress NONE = (store, sequence, head) -> {};

  /** Of {@code store} everything up to {@code sequence} is done, {@code head} being all. */
  void at(StoreKey store, long sequence, long head);
}
