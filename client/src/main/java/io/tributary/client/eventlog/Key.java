package io.tributary.client.eventlog;

import io.tributary.core.model.Entry;

/** What entries can be in conflict about. */
record Key(String event, String primaryKey) {
  static Key of(Entry entry) {
    return new Key(entry.event(), entry.primaryKey());
  }
}
