package io.tributary.server.runtime;

import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.processing.EntryProcessor;
import io.tributary.core.processing.Incoming;
import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one store's entries through the handlers, from where its journal is to the store's end and on
 * as it grows: carries what an {@link EntryProcessor} wants. Confined to one context.
 */
final class StoreProcessing implements EntryProcessor.Output {
  private static final Logger logger = LoggerFactory.getLogger(StoreProcessing.class);
  private static final long RETRY_MS = 500;
  private static final long SLOW_MS = 60_000;

  /** What the owner does for it. */
  interface Owner {
    /** The lease has ended: this has ended itself. */
    void fenced(StoreProcessing ended);

    /** There is nothing to do at the moment, or no more. */
    void idle(StoreProcessing idle);

    void recorded(List<EntryOutcome> outcomes);

    void invalidate(Map<String, Set<String>> keys);
  }

  private final Vertx vertx;
  private final Context context;
  private final Storage storage;
  private final HubExtensions extensions;
  private final InstantSource clock;
  private final StoreKey.Plain store;
  private final String journal;
  private final Lease lease;
  private final Owner owner;
  private final Promise<EntryProcessor> loaded = Promise.promise();
  private @Nullable EntryProcessor processor;
  private boolean reading;
  private boolean grown = true;
  private boolean troubled;
  private boolean stopping;
  private boolean ended;
  private int pages;

  StoreProcessing(
      Vertx vertx,
      Context context,
      Storage storage,
      HubExtensions extensions,
      InstantSource clock,
      StoreKey.Plain store,
      Lease lease,
      Owner owner) {
    this.vertx = vertx;
    this.context = context;
    this.storage = storage;
    this.extensions = extensions;
    this.clock = clock;
    this.store = store;
    this.journal = ProcessingJournals.name(store);
    this.lease = lease;
    this.owner = owner;
  }

  StoreKey.Plain store() {
    return store;
  }

  /** How much it has read since it began: to be fair to others that wait. */
  int pages() {
    return pages;
  }

  void start() {
    insist(
            "its progress",
            () -> storage
                .journals()
                .progress(
                    journal, ProcessingJournals.remote(store), ProcessingJournals.storeOf(store)))
        .onSuccess(this::begin);
  }

  private void begin(RemoteProgress progress) {
    processor = new EntryProcessor(
        progress,
        extensions.groups(),
        extensions.reactivity(),
        EntryProcessor.Options.DEFAULT,
        this);
    loaded.complete(processor);
    read();
  }

  /** The store has grown. */
  void grown() {
    if (!stopping) {
      grown = true;
      read();
    }
  }

  /** Whether it does nothing, and knows of nothing to do. */
  boolean isIdle() {
    return ended || (processor != null && !reading && !grown && processor.isIdle());
  }

  Future<Optional<EntryOutcome>> retry(EntryId id) {
    return loaded.future().compose(ready -> ready.retry(id, now())).onComplete(done -> rest());
  }

  Future<Optional<EntryOutcome>> discard(EntryId id) {
    return loaded.future().compose(ready -> ready.discard(id, now())).onComplete(done -> rest());
  }

  /** Begins nothing more; {@link #isIdle} then comes true, unless it is ended before. */
  void stop() {
    stopping = true;
    grown = false;
    if (processor == null) {
      end();
    } else {
      processor.stop(now());
      rest();
    }
  }

  /** Ends at once. */
  void end() {
    ended = true;
    loaded.tryFail(new ProcessingException("processing has ended"));
    if (processor != null) {
      processor.end();
    }
  }

  private void rest() {
    if (!ended && isIdle()) {
      owner.idle(this);
    }
  }

  private void read() {
    EntryProcessor ready = processor;
    if (ended || reading || !grown || ready == null) {
      return;
    }
    EntryProcessor.Room room = ready.room();
    if (room.entries() == 0) {
      return;
    }
    reading = true;
    grown = false;
    pages++;
    long from = ready.next();
    insist(
            "a page",
            () -> storage.log().read(store, from, room.entries(), Math.max(1, room.bytes())))
        .onSuccess(page -> onPage(ready, from, page));
  }

  private void onPage(EntryProcessor ready, long from, Page page) {
    reading = false;
    List<Incoming> entries = new ArrayList<>(page.records().size());
    for (StoredRecord record : page.records()) {
      if (record.firstSequence() >= from) {
        entries.add(new Incoming(
            record.firstSequence(), entry(record.record()), record.record().process()));
      }
    }
    if (page.next() > from) {
      ready.offer(entries, page.next(), now());
    }
    grown |= !stopping && page.next() <= page.head();
    read();
    rest();
  }

  private static Entry entry(NewRecord record) {
    return new Entry(
        record.ids().get(0), text(record.event()), text(record.primaryKey()), record.body());
  }

  private static String text(byte @Nullable [] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }

  @Override
  public void lookupKnown(EntryProcessor.KnownLookup lookup) {
    insist("its journal", () -> storage.journals().known(journal, lookup.ids()))
        .onSuccess(known -> {
          if (processor != null) {
            processor.onKnown(lookup, known, now());
          }
          rest();
        });
  }

  @Override
  public void lookupConflicts(EntryProcessor.ConflictLookup lookup) {
    insist(
            "conflicts",
            () -> storage
                .journals()
                .sameKey(
                    journal,
                    lookup.event().getBytes(StandardCharsets.UTF_8),
                    lookup.primaryKey().getBytes(StandardCharsets.UTF_8),
                    Optional.of(lookup.above()),
                    lookup.max()))
        .onSuccess(placed -> bodies(placed, 0, new ArrayList<>()).onSuccess(entries -> {
          if (processor != null) {
            processor.onConflicts(lookup, entries, now());
          }
        }));
  }

  /** The journal has no payloads: the log has. */
  private Future<List<Entry>> bodies(List<PlacedEntry> placed, int at, List<Entry> found) {
    if (at == placed.size()) {
      return Future.succeededFuture(found);
    }
    return body(placed.get(at)).compose(entry -> {
      entry.ifPresent(found::add);
      return bodies(placed, at + 1, found);
    });
  }

  private Future<Optional<Entry>> body(PlacedEntry placed) {
    long sequence = placed.entry().sequence();
    return insist("an entry", () -> storage.log().read(store, sequence, 1, 1))
        .map(page -> page.records().stream()
            .filter(record -> record.record().ids().get(0).equals(placed.entry().id()))
            .map(record -> entry(record.record()))
            .findFirst());
  }

  @Override
  public void fetch(EntryProcessor.Fetch fetch) {
    insist("its journal", () -> storage.journals().known(journal, List.of(fetch.id())))
        .onSuccess(known -> insist(
                "its journal", () -> storage.journals().entry(journal, fetch.id()))
            .onSuccess(placed -> placed
                .map(this::body)
                .orElseGet(() -> Future.succeededFuture(Optional.empty()))
                .onSuccess(entry -> {
                  KnownEntry is = known.get(fetch.id());
                  if (processor != null) {
                    processor.onFetched(
                        fetch,
                        entry,
                        placed.map(p -> p.entry().sequence()).orElse(0L),
                        Optional.ofNullable(is == null ? null : is.outcome()),
                        now());
                  }
                })));
  }

  @Override
  public void call(EntryProcessor.HandlerCall call) {
    long timer = vertx.setTimer(
        SLOW_MS,
        id -> logger.warn(
            "store={} event={} id={} its handler has not ended after {} s; what comes after it waits",
            store.abbreviated(),
            call.entry().event(),
            call.entry().idempotencyKey(),
            SLOW_MS / 1_000));
    Future<Object> result = call.invoke();
    result.onComplete(done -> context.runOnContext(v -> {
      boolean unused = vertx.cancelTimer(timer);
      if (processor != null) {
        processor.onHandled(call, result, now());
      }
      read();
      rest();
    }));
  }

  @Override
  public void commit(JournalCommit commit) {
    insist("its outcomes", () -> storage.journals().commit(journal, commit, Optional.of(lease)))
        .onSuccess(positions -> {
          if (processor != null) {
            processor.onCommitted(commit, now());
          }
          read();
          rest();
        });
  }

  @Override
  public void failed(HandledEntry entry, Throwable cause) {
    // Only what was thrown, not what it says: that may be of the payload.
    logger.warn(
        "store={} event={} id={} attempt={} its handler failed with {}: see \"entries failed\"",
        store.abbreviated(),
        entry.event(),
        entry.idempotencyKey(),
        entry.attempt(),
        cause.getClass().getName());
  }

  @Override
  public void recorded(List<EntryOutcome> outcomes) {
    owner.recorded(outcomes);
  }

  @Override
  public void invalidate(Map<String, Set<String>> keys) {
    owner.invalidate(keys);
  }

  @Override
  public void roomAgain() {
    read();
  }

  /** Asks the storage until it answers; never completes once this has ended. */
  private <T> Future<T> insist(String what, Supplier<Future<T>> request) {
    Promise<T> answered = Promise.promise();
    attempt(what, request, answered);
    return answered.future();
  }

  private <T> void attempt(String what, Supplier<Future<T>> request, Promise<T> answered) {
    request.get().onComplete(result -> {
      if (ended) {
        return;
      }
      if (result.succeeded()) {
        troubled = false;
        answered.complete(result.result());
      } else if (result.cause() instanceof FencedException) {
        end();
        owner.fenced(this);
      } else {
        if (!troubled) {
          troubled = true;
          logger.warn(
              "store={} processing waits, {} could not be read or written: {}",
              store.abbreviated(),
              what,
              result.cause().getMessage());
        }
        vertx.setTimer(RETRY_MS, id -> {
          if (!ended) {
            attempt(what, request, answered);
          }
        });
      }
    });
  }

  private long now() {
    return clock.millis();
  }
}
