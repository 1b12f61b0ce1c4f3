package io.tributary.storage;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Journals: per name, entries in the order they were inserted, what became of each, the current
 * winner per event and primary key, and the progress with each remote. Independent of each other; a
 * journal that nobody wrote to is empty. Names are any text, equal text is the same journal.
 *
 * <p>No call costs more for a longer journal, but {@link #destroy}; only {@link #pending} passes over
 * marks one by one.
 *
 * <p>Calls with a {@code max} below 1 throw {@link IllegalArgumentException}.
 */
public interface JournalStore {
  /**
   * Commits changes together, durably, all or nothing. Calls under way at the same time take effect
   * one after the other, in any order. Without changes nothing is written, but the lease is looked at.
   *
   * @param fence the lease under which this is done; empty if it needs none
   * @return the position of each of {@code changes.entries()}, in order: the new one, the one it had,
   *     or 0 if its id was removed. Fails with {@link FencedException}, and nothing is changed, if the
   *     lease has ended; with {@link StorageException} otherwise, whose outcome says whether anything
   *     can have been committed: the same changes may then be committed again
   */
  Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence);

  /** What the journal knows of these ids; those it doesn't know are not in the answer. */
  Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids);

  /** The entry with that id, if it is there. */
  Future<Optional<PlacedEntry>> entry(String journal, EntryId id);

  /**
   * Entries with an event and primary key whose ids are greater than {@code above}, in id order.
   *
   * @param above empty for all
   * @param max at most this many, at least 1
   */
  Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max);

  /** The winner of an event and primary key, if one is recorded. */
  Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey);

  /**
   * Entries in the order of insertion.
   *
   * @param after a position; 0 for the first
   * @param max at most this many, at least 1
   * @param maxBytes at most this many bytes of event, primary key and payload, but always at least one
   *     entry if there is one
   */
  Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes);

  /**
   * Entries a remote is not known to have: above its {@link RemoteProgress#uploaded()} and not marked,
   * in the order of insertion, with the limits of {@link #entries}.
   */
  Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes);

  /**
   * Marks of a remote's store in the order of their positions.
   *
   * @param state only those
   * @param after a position; 0 for the first
   * @param max at most this many, at least 1
   */
  Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max);

  /** The progress with a remote's store; {@link RemoteProgress#none} if none is recorded. */
  Future<RemoteProgress> progress(String journal, RemoteId remote, String store);

  /** All progress that is recorded, in no order: one for each store of each remote. */
  Future<List<RemoteProgress>> progress(String journal);

  /**
   * Outcomes in id order.
   *
   * @param state only those; empty for all
   * @param after an id; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max);

  /**
   * The journals that anything was ever committed to and that were not destroyed since, in the order of their names' UTF-8
   * bytes.
   *
   * @param after to go on after this one; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<String>> journals(Optional<String> after, int max);

  /**
   * Takes a journal away with all that belongs to it, at once as all other calls see it. Nothing
   * happens if there is none. Under the same name a new journal may begin.
   */
  Future<Void> destroy(String journal);
}
