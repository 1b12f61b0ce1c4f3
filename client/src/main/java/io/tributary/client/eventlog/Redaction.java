package io.tributary.client.eventlog;

import io.tributary.core.model.Entry;
import java.util.Optional;

/**
 * What of an event group's entries leaves for remotes. The journal keeps them as they are. Called on the
 * event log's context; must not block or change what it is given. The same entry has to give the same
 * each time: it may be asked again after a restart.
 */
@FunctionalInterface
public interface Redaction {
  /**
   * The payload to send in the place of an entry's.
   *
   * @return as an entry's payload, perhaps the entry's own; empty if it is not to leave at all. If this
   *     throws, the entry doesn't leave
   */
  Optional<byte[]> redact(Entry entry);

  /** Lets nothing leave. */
  static Redaction dropAll() {
    return entry -> Optional.empty();
  }
}
