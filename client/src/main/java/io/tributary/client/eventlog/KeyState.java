package io.tributary.client.eventlog;

import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands for a key, as the journal has it and as what isn't committed yet will make it. */
final class KeyState {
  final Key key;
  final byte[] event;
  final byte[] primaryKey;

  /** What stands, if anything. */
  @Nullable
  Winner winner;

  /** Whether that is to be committed. */
  boolean moved;

  /** Whether the journal may have entries of this key. */
  boolean stored;

  /** The journal had no entry of this key above this; null if it may have. */
  @Nullable
  EntryId noneAbove;

  /** Entries that came since it was loaded. */
  final List<Entry> added = new ArrayList<>();

  KeyState(Key key) {
    this.key = key;
    event = Texts.utf8(key.event());
    primaryKey = Texts.utf8(key.primaryKey());
  }

  void move(Winner to) {
    winner = to;
    moved = true;
  }
}
