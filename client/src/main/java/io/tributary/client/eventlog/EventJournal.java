package io.tributary.client.eventlog;

import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One journal of a storage: what an event log's entries are kept in, what became of them, and how far
 * remotes are. For any thread. It doesn't own the storage.
 */
public final class EventJournal {
  private final JournalStore store;
  private final String name;
  private final AtomicBoolean taken = new AtomicBoolean();

  private EventJournal(JournalStore store, String name) {
    this.store = store;
    this.name = name;
  }

  /**
   * A journal by its name; one that nobody wrote to is empty.
   *
   * @param name any text but none; equal text is the same journal
   */
  public static EventJournal open(Storage storage, String name) {
    return of(storage.journals(), name);
  }

  /** As {@link #open}, of journals that don't come with a whole storage. */
  public static EventJournal of(JournalStore store, String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a journal's name is not empty");
    }
    return new EventJournal(store, name);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Removes all that belongs to it. No event log may be open on it. */
  public Future<Void> destroy() {
    return store.destroy(name);
  }

  /** What it knows of these ids; those it doesn't know are not in the answer. */
  public Future<Map<EntryId, KnownEntry>> known(Collection<EntryId> ids) {
    return store.known(name, ids);
  }

  /** Which entry stands for an event and primary key, if a policy decided about that. */
  public Future<Optional<Winner>> winner(String event, String primaryKey) {
    return store.winner(
        name, event.getBytes(StandardCharsets.UTF_8), primaryKey.getBytes(StandardCharsets.UTF_8));
  }

  JournalStore store() {
    return store;
  }

  /** Whether nobody else has it open; it is then the caller's until {@link #release}. */
  boolean take() {
    return taken.compareAndSet(false, true);
  }

  void release() {
    taken.set(false);
  }
}
