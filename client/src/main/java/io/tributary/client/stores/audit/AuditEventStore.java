package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import java.util.List;

/**
 * The audit log: what was noted stays as it is, until it exceeds the store's limits: of count as events
 * come, with some to spare, and of both when {@link #cleanup} runs. What went is told by a {@code
 * sync_compaction} without a remote, once per cleanup, which stays on this replica.
 *
 * <p>Futures fail with the storage's exception where that fails, and with {@link
 * io.tributary.client.stores.StoreException} once the store is closed or too much waits.
 */
public interface AuditEventStore {
  /**
   * An audit log that is kept in a space only.
   *
   * @param place its audit sink is not used
   */
  static AuditEventStore plain(Place place, StoresOptions.Audit options) {
    return new PlainAuditEvents(place, options);
  }

  /**
   * An audit log in an event log, which may be synced. What leaves for remotes can be redacted there, such
   * as by {@link AuditEvents#withoutDetails}.
   *
   * @param journaled an event log with {@link AuditEvents#GROUP}, handled by {@link
   *     AuditEvents#register}; its audit is not this store
   * @param place its audit sink is not used
   */
  static Future<AuditEventStore> journaled(
      Journaled journaled, Place place, StoresOptions.Audit options) {
    return JournaledAuditEvents.open(journaled, place, options);
  }

  /**
   * Notes something; completes when it is durable, and shown by this store. Fails with {@link
   * io.tributary.core.eventlog.PayloadException} if it has more than 1 MiB. Entries in conflict are left
   * out where they would make it too long.
   */
  Future<EntryId> write(AuditEvent event);

  /**
   * Takes in what was noted elsewhere, with the ids it has: from another store. The same again changes
   * nothing; a call that failed may be repeated.
   *
   * @param entries held in memory until all are in
   * @param dryRun whether only to tell what would become of them
   * @return completes when they are durable and shown. Fails with {@link
   *     io.tributary.core.eventlog.PayloadException} before any is taken in, if one of them has more than
   *     1 MiB
   */
  Future<Adoption> adopt(List<AuditEntry> entries, boolean dryRun);

  /** A page of what was noted, by the time it was. */
  Future<AuditPage> list(AuditQuery query);

  /**
   * Notes what it is given, soon. What can't be noted is logged, without its contents: who notes it is
   * never held up by it. At most 5,000 events wait; further ones are dropped, counted, and logged once.
   */
  AuditSink sink();

  /** Removes what exceeds the limits, here only, and what was waiting to be let go. */
  Future<CleanupReport> cleanup();

  /** Ends it when what was asked for is done. Idempotent. */
  Future<Void> close();
}
