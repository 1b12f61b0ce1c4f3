package io.tributary.client.eventlog;

import io.tributary.core.model.Entry;
import java.util.Optional;

/**
 * Which entries are wanted.
 *
 * @param event only with this tag; empty for all
 * @param primaryKey only about this; empty for all
 */
public record EntryFilter(Optional<String> event, Optional<String> primaryKey) {
  /** All. */
  public static final EntryFilter ALL = new EntryFilter(Optional.empty(), Optional.empty());

  /** Those of one event. */
  public static EntryFilter event(String tag) {
    return new EntryFilter(Optional.of(tag), Optional.empty());
  }

  /** Those of one event and primary key. */
  public static EntryFilter key(String tag, String primaryKey) {
    return new EntryFilter(Optional.of(tag), Optional.of(primaryKey));
  }

  boolean matches(Entry entry) {
    return event.map(entry.event()::equals).orElse(true)
        && primaryKey.map(entry.primaryKey()::equals).orElse(true);
  }
}
