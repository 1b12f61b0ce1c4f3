package io.tributary.client.eventlog;

import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * What syncing needs of an event log; {@link EventLog#syncAccess()} gives it. All methods are called on
 * the event log's context, where the futures complete too. All that changes the journal goes through
 * the event log, one commit at a time, so that nobody overwrites another's progress.
 */
public interface SyncAccess {
  /** The event log's name, for people and status. */
  String name();

  /** Whose entries these are. */
  Identity identity();

  /** The progress with one store of a remote, as of the last commit. */
  Future<RemoteProgress> progress(RemoteId remote, String store);

  /** As {@code JournalStore.pending}: what a remote is not known to have, in the order of insertion. */
  Future<List<PlacedEntry>> pending(
      RemoteId remote, String store, long after, int max, long maxBytes);

  /** The entry at that position, if there is one (any more). */
  Future<Optional<PlacedEntry>> entryAt(long position);

  /** As {@code JournalStore.marks}. */
  Future<List<UploadMark>> marks(
      RemoteId remote, String store, UploadMark.State state, long after, int max);

  /**
   * What leaves for remotes in the place of an entry, by the redactions of its event group: the entry
   * itself, one with the same id and another payload, or nothing. A redaction that throws lets nothing
   * leave, and is logged.
   */
  Optional<Entry> redacted(Entry entry);

  /**
   * Takes what a remote delivered through compaction, policy and handlers into the journal; entries it
   * knows already are passed over. Calls of one remote and store are taken one after the other; the
   * event log may take local writes in between. A commit that fails is repeated until the storage
   * decides.
   *
   * @param arrivals in the order of their sequences
   * @param next the progress's {@code next} when all of them are in; never lowers it
   * @return for each arrival the position of its entry in the journal, whether new or known; 0 if it
   *     was removed. Fails only if the event log is closed
   */
  Future<List<Long>> receive(RemoteId remote, String store, List<Arrival> arrivals, long next);

  /**
   * Records how far uploads have come. Fails only if the event log is closed.
   *
   * @param uploaded the progress's {@code uploaded}; never lowers it
   * @param next the progress's {@code next}; never lowers it
   */
  Future<Void> recordUploads(
      RemoteId remote,
      String store,
      long uploaded,
      long next,
      List<UploadMark> marks,
      List<UploadMark> unmarked);

  /** The greatest position committed so far; 0 for an empty journal. */
  long lastPosition();

  /**
   * Tells of every commit that adds entries, in the order of their positions, before the futures of
   * those who asked for the commit complete.
   *
   * @return ends it
   */
  Runnable onPlaced(PlacedListener listener);

  /** Is told of new entries. */
  @FunctionalInterface
  interface PlacedListener {
    /**
     * Entries are in the journal, durably.
     *
     * @param before the greatest position until then
     * @param placed the new ones, in the order of their positions, at least one
     */
    void placed(long before, List<Placed> placed);
  }
}
