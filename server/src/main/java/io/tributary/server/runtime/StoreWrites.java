package io.tributary.server.runtime;

import io.tributary.core.eventlog.EventGroups;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.EntryRules;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.Hint;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What an operator does to stores in the clear: writes for the server itself, and looks after entries
 * whose handlers failed. By a running hub's runtime, or on the storage by itself.
 */
public final class StoreWrites {
  private final Target target;
  private final EventGroups groups;
  private final EntryIdGenerator ids;

  private interface Target {
    Future<List<Long>> write(StoreKey.Plain store, List<Entry> entries, boolean runHandlers);

    Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> failed);

    Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> failed);

    Future<List<FailedEntry>> failures(StoreKey.Plain store, Optional<EntryId> after, int max);
  }

  /** By a running hub. */
  public StoreWrites(HubRuntime runtime, EventGroups groups) {
    this.groups = groups;
    this.ids = runtime.ids();
    this.target = new Target() {
      @Override
      public Future<List<Long>> write(
          StoreKey.Plain store, List<Entry> entries, boolean runHandlers) {
        return runtime.writeToStore(store, entries, runHandlers);
      }

      @Override
      public Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> failed) {
        return runtime.retry(store, failed);
      }

      @Override
      public Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> failed) {
        return runtime.discard(store, failed);
      }

      @Override
      public Future<List<FailedEntry>> failures(
          StoreKey.Plain store, Optional<EntryId> after, int max) {
        return runtime.failures(store, after, max);
      }
    };
  }

  /**
   * On the storage by itself: handlers run when a hub that has them is started.
   *
   * @param payloadLimit how many bytes a payload may have
   */
  public StoreWrites(Storage storage, InstantSource clock, long payloadLimit) {
    this.groups = EventGroups.none();
    this.ids = new EntryIdGenerator(clock);
    this.target = new Target() {
      @Override
      public Future<List<Long>> write(
          StoreKey.Plain store, List<Entry> entries, boolean runHandlers) {
        List<NewRecord> records;
        try {
          records = records(entries, runHandlers, payloadLimit);
        } catch (RequestRefusedException e) {
          return Future.failedFuture(e);
        }
        return records.isEmpty()
            ? Future.succeededFuture(List.of())
            : storage
                .log()
                .append(List.of(new Append(store, clock.millis(), records)))
                .map(results -> results.get(0))
                .onSuccess(
                    result -> storage.hints().publish(new Hint.Committed(store, result.head())))
                .map(StoreWrites::sequences);
      }

      @Override
      public Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> failed) {
        return Future.failedFuture(new ProcessingException(
            "handlers run only in a hub: start the hub that has them, and retry then"));
      }

      @Override
      public Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> failed) {
        return Failures.discard(storage.journals(), store, failed, clock.millis());
      }

      @Override
      public Future<List<FailedEntry>> failures(
          StoreKey.Plain store, Optional<EntryId> after, int max) {
        return Failures.list(storage.journals(), store, after, max);
      }
    };
  }

  private static List<NewRecord> records(List<Entry> entries, boolean process, long payloadLimit) {
    List<NewRecord> records = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      byte[] event = entry.event().getBytes(StandardCharsets.UTF_8);
      byte[] primaryKey = entry.primaryKey().getBytes(StandardCharsets.UTF_8);
      Optional<String> problem =
          EntryRules.problem(entry.id(), event, primaryKey, entry.payload().length, payloadLimit);
      if (problem.isPresent()) {
        throw new RequestRefusedException(
            ErrorCode.InvalidRequest, "entry " + records.size() + ": " + problem.get(), null);
      }
      records.add(NewRecord.plain(entry.id(), event, primaryKey, entry.payload(), process, null));
    }
    return records;
  }

  private static List<Long> sequences(AppendResult result) {
    return result.slots().stream()
        .flatMap(slot -> Arrays.stream(slot.sequences()).boxed())
        .toList();
  }

  /** The events that are known. */
  public EventGroups groups() {
    return groups;
  }

  /** An id for an entry that has none. */
  public EntryId nextId() {
    return ids.next();
  }

  /** As {@link HubRuntime#writeToStore(StoreKey.Plain, List, boolean)}. */
  public Future<List<Long>> write(StoreKey.Plain store, List<Entry> entries, boolean runHandlers) {
    return target.write(store, entries, runHandlers);
  }

  /** As {@link HubRuntime#failures}. */
  public Future<List<FailedEntry>> failures(
      StoreKey.Plain store, Optional<EntryId> after, int max) {
    return target.failures(store, after, max);
  }

  /** As {@link HubRuntime#retry}; without a hub it fails. */
  public Future<List<EntryOutcome>> retry(StoreKey.Plain store, List<EntryId> failed) {
    return target.retry(store, failed);
  }

  /** As {@link HubRuntime#discard}. */
  public Future<List<EntryOutcome>> discard(StoreKey.Plain store, List<EntryId> failed) {
    return target.discard(store, failed);
  }
}
