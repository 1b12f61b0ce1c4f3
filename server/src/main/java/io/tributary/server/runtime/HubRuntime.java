package io.tributary.server.runtime;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.hub.Outcome;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.EntryRules;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What an application embeds to write to stores in the clear, to read them, and to speak for clients.
 * A {@code Hub} has one.
 *
 * <p>Thread-safe; futures complete on the caller's context.
 */
public final class HubRuntime {
  private final Vertx vertx;
  private final Storage storage;
  private final Admission admission;
  private final HubExtensions extensions;
  private final Optional<ProcessingVerticle> processing;
  private final StoreAccess stores;
  private final Compactions compactions;
  private final InstantSource clock;
  private final EntryIdGenerator ids;
  private final long payloadLimit;

  /** Made by the hub. */
  public HubRuntime(
      Vertx vertx,
      Storage storage,
      Admission admission,
      HubExtensions extensions,
      Optional<ProcessingVerticle> processing,
      StoreAccess stores,
      Compactions compactions,
      InstantSource clock,
      long payloadLimit) {
    this.vertx = vertx;
    this.storage = storage;
    this.admission = admission;
    this.extensions = extensions;
    this.processing = processing;
    this.stores = stores;
    this.compactions = compactions;
    this.clock = clock;
    this.ids = new EntryIdGenerator(clock);
    this.payloadLimit = payloadLimit;
  }

  /** Which keys lead to which stores. */
  public StoreRegistry registry() {
    return storage.registry();
  }

  /** Who is told what was handled, on whatever node. */
  public Reactivity reactivity() {
    return extensions.reactivity();
  }

  /** Makes ids for entries of the server's own. */
  public EntryIdGenerator ids() {
    return ids;
  }

  /**
   * Writes for a client: authorized, resolved, validated, stored, in this order, all of it or nothing.
   * Handlers run later.
   *
   * @return one sequence per entry, in order; fails with {@link RequestRefusedException} and nothing is
   *     stored, or with {@link StorageException}, whose outcome says whether anything can have been
   *     stored: writing the same entries again is safe
   */
  public Future<List<Long>> ingestClient(
      Principal principal, String publicKey, List<Entry> entries) {
    return admission
        .write(principal, publicKey, entries)
        .compose(store -> append(store, entries, true, publicKey));
  }

  /**
   * Writes for the server itself: nobody is asked, no key is resolved.
   *
   * @param runHandlers whether the hub's handlers are to see the entries
   * @return as {@link #ingestClient}
   */
  public Future<List<Long>> writeToStore(
      StoreKey.Plain store, List<Entry> entries, boolean runHandlers) {
    return append(store, entries, runHandlers, null);
  }

  /**
   * Writes one event of a group for the server itself.
   *
   * @param event of one of the hub's groups, or any other definition
   * @param runHandlers whether the hub's handlers are to see it
   * @return its sequence; fails as {@link #ingestClient}, and with {@link
   *     io.tributary.core.eventlog.PayloadException} if the payload can't be encoded
   */
  public <P> Future<Long> writeToStore(
      StoreKey.Plain store, EventDefinition<P> event, P payload, boolean runHandlers) {
    Entry entry;
    try {
      entry = new Entry(ids.next(), event.tag(), event.primaryKey(payload), event.encode(payload));
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    return append(store, List.of(entry), runHandlers, null).map(sequences -> sequences.get(0));
  }

  /**
   * The entries of a store whose handlers failed, in id order.
   *
   * @param after an id to go on after; empty for the first
   * @param max at most this many, at least 1
   */
  public Future<List<FailedEntry>> failures(
      StoreKey.Plain store, Optional<EntryId> after, int max) {
    return Failures.list(storage.journals(), store, after, max);
  }

  /**
   * Hands failed entries to their handlers again, one after the other.
   *
   * @return the new outcomes of those that had failed and whose handlers could be called; fails with
   *     {@link ProcessingException} if this hub does not run the handlers now
   */
  public Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> ids) {
    return processing
        .map(here -> here.retry(store, ids))
        .orElseGet(() -> Future.failedFuture(new ProcessingException("this hub has no handlers")));
  }

  /**
   * Lets failed entries be.
   *
   * @return the outcomes of those that had failed; fails as {@link #retry}
   */
  public Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> ids) {
    return processing
        .map(here -> here.discard(store, ids))
        .orElseGet(() -> Failures.discard(storage.journals(), store, ids, clock.millis()));
  }

  /**
   * Reads for a client.
   *
   * @param startSequence the first sequence wanted; below 1 counts as 1
   * @return fails with {@link RequestRefusedException}, and there is no subscription then
   */
  public Future<HubChanges> requestChanges(
      Principal principal, String publicKey, long startSequence) {
    return admission.read(principal, publicKey).compose(store -> {
      HubChanges changes = new HubChanges(
          vertx,
          store,
          startSequence,
          storage.log(),
          compactions,
          () -> admission.stillMapped(principal.tenant(), publicKey));
      return stores.follow(store, changes::advanced).map(following -> {
        changes.follow(following, clock.millis());
        return changes;
      });
    });
  }

  private Future<List<Long>> append(
      StoreKey.Plain store, List<Entry> entries, boolean process, @Nullable String author) {
    List<NewRecord> records = new ArrayList<>(entries.size());
    byte[] by = author == null ? null : author.getBytes(StandardCharsets.UTF_8);
    for (Entry entry : entries) {
      byte[] event = entry.event().getBytes(StandardCharsets.UTF_8);
      byte[] primaryKey = entry.primaryKey().getBytes(StandardCharsets.UTF_8);
      Optional<String> problem =
          EntryRules.problem(entry.id(), event, primaryKey, entry.payload().length, payloadLimit);
      if (problem.isPresent()) {
        return Future.failedFuture(new RequestRefusedException(
            ErrorCode.InvalidRequest, "entry " + records.size() + ": " + problem.get(), null));
      }
      records.add(NewRecord.plain(entry.id(), event, primaryKey, entry.payload(), process, by));
    }
    return records.isEmpty()
        ? Future.succeededFuture(List.of())
        : stores.append(store, records).compose(HubRuntime::sequences);
  }

  private static Future<List<Long>> sequences(Outcome outcome) {
    if (outcome instanceof Outcome.Committed committed) {
      return Future.succeededFuture(LongStream.of(committed.sequences()).boxed().toList());
    }
    Outcome.Failed failed = (Outcome.Failed) outcome;
    return Future.failedFuture(new StorageException(
        switch (failed.why()) {
          case REJECTED -> StorageException.Outcome.REJECTED;
          case NOT_COMMITTED -> StorageException.Outcome.NOT_COMMITTED;
          case UNDECIDED -> StorageException.Outcome.UNKNOWN;
        },
        failed.reason(),
        null));
  }
}
