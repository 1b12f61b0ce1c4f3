package io.tributary.client.simulation;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.ConflictRejectedException;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.RemoteStore;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.retention.JournalRetention;
import io.tributary.client.retention.RetentionReport;
import io.tributary.client.sync.RemoteDriver;
import io.tributary.client.sync.SyncOptions;
import io.tributary.client.sync.SyncSnapshot;
import io.tributary.core.conflict.ConflictPolicy;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.HandledEntry;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.retention.RetentionRule;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A replica: the real event log and sync over a disk of its own, with as many lives as it needs. */
final class SimReplica {
  private static final String JOURNAL = "replica";

  /** A handler's call. */
  record Call(int life, int attempt, long sequence) {}

  private final World world;
  private final List<SimHub> hubs;
  final String name;
  private final Storage disk;
  private final Identity identity;
  private final ConflictPolicy policy;
  private final SyncOptions sync;
  private final long skewMs;
  private final List<SimWire> wires = new ArrayList<>();
  final SimWire.Counter counter = new SimWire.Counter();

  /** By entry id, over all lives. */
  final Map<EntryId, List<Call>> calls = new HashMap<>();
  /** What {@code write} promised is kept. */
  final Map<EntryId, JsonObject> promised = new LinkedHashMap<>();

  /** Handlers that were called out of the hub's order, within one life. */
  final List<String> disorder = new ArrayList<>();

  /** Those that retention was to let go of. */
  final Set<EntryId> trimmable = new HashSet<>();

  int rejected;
  boolean offline;
  boolean faults = true;
  int lives;
  private @Nullable Life life;

  SimReplica(
      World world,
      List<SimHub> hubs,
      String name,
      Storage disk,
      Identity identity,
      ConflictPolicy policy,
      SyncOptions sync,
      long skewMs) {
    this.world = world;
    this.hubs = hubs;
    this.name = name;
    this.disk = disk;
    this.identity = identity;
    this.policy = policy;
    this.sync = sync;
    this.skewMs = skewMs;
  }

  /** What ends when the process does. */
  private final class Life implements Runner {
    final int number = ++lives;
    final SimJournals journals = new SimJournals(world, disk.journals());
    boolean dead;
    long lastSequence;

    @Nullable
    EventLog log;

    final List<RemoteDriver> drivers = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
      world.in(0, () -> {
        if (!dead) {
          task.run();
        }
      });
    }

    @Override
    public Runnable after(long delayMs, Runnable task) {
      boolean[] cancelled = new boolean[1];
      world.in(delayMs, () -> {
        if (!dead && !cancelled[0]) {
          task.run();
        }
      });
      return () -> cancelled[0] = true;
    }
  }

  /** Begins a life. */
  void start() {
    if (life != null) {
      return;
    }
    Life begun = new Life();
    life = begun;
    begun.journals.faults = faults;
    EventLogOptions.Builder options = EventLogOptions.builder(identity)
        .name(name)
        .group(Events.THINGS)
        .group(Events.TALK)
        .policy(policy)
        .clock(world.clock(skewMs))
        .ids(new EntryIdGenerator(world.clock(skewMs), world.random))
        .audit(AuditSink.NONE);
    for (EventDefinition<JsonObject> event : List.of(Events.SET, Events.SAY)) {
      options.handle(event, (payload, entry, conflicts) -> handle(begun, payload, entry));
    }
    EventLog.open(begun, EventJournal.of(begun.journals, JOURNAL), options.build())
        .onComplete(opened -> {
          if (begun.dead) {
            return;
          }
          if (opened.failed()) {
            throw new AssertionError("the event log does not open", opened.cause());
          }
          begun.log = opened.result();
          for (SimHub hub : hubs) {
            RemoteDriver driver = new RemoteDriver(
                sync,
                opened.result().syncAccess(),
                SimWire.connector(world, hub, () -> offline || begun.dead, counter, wire -> {
                  if (begun.dead) {
                    wire.cut(1006, "dead");
                  } else {
                    wires.add(wire);
                  }
                }),
                begun,
                world.clock(skewMs),
                world.random,
                AuditSink.NONE,
                status -> {});
            begun.drivers.add(driver);
            driver.start();
          }
        });
  }

  /** The process ends suddenly. */
  void crash() {
    if (life != null) {
      life.dead = true;
      life.journals.crash();
      life = null;
      cut();
    }
  }

  boolean alive() {
    return life != null;
  }

  /** Its connections are cut. */
  void cut() {
    wires.forEach(wire -> wire.cut(1006, "cut"));
    wires.clear();
  }

  void endFaults() {
    faults = false;
    offline = false;
    if (life != null) {
      life.journals.faults = false;
    }
  }

  private Future<String> handle(Life in, JsonObject payload, HandledEntry entry) {
    if (in.dead) {
      return Promise.<String>promise().future();
    }
    if (entry.sequence() > 0) {
      if (entry.sequence() <= in.lastSequence) {
        disorder.add(entry.sequence() + " after " + in.lastSequence);
      }
      in.lastSequence = entry.sequence();
    }
    calls
        .computeIfAbsent(entry.idempotencyKey(), id -> new ArrayList<>())
        .add(new Call(in.number, entry.attempt(), entry.sequence()));
    if (payload.getBoolean("fails", false) && entry.sequence() > 0) {
      return Future.failedFuture(new IllegalArgumentException("asked to fail"));
    }
    if (world.chance(4)) {
      Promise<String> later = Promise.promise();
      world.soon(30, () -> {
        if (!in.dead) {
          later.complete("done");
        }
      });
      return later.future();
    }
    return Future.succeededFuture("done");
  }

  /** Writes something, and remembers it if it was promised. */
  void write(EventDefinition<JsonObject> event, JsonObject payload, Consumer<EntryId> then) {
    Life at = life;
    if (at == null || at.log == null) {
      return;
    }
    at.log.write(event, payload).onComplete(written -> {
      if (at.dead) {
        return;
      }
      if (written.succeeded()) {
        promised.put(written.result().id(), payload);
        then.accept(written.result().id());
      } else if (written.cause() instanceof ConflictRejectedException) {
        rejected++;
      }
    });
  }

  /** One for each hub; empty while it doesn't live. */
  List<SyncSnapshot> status() {
    return life == null
        ? List.of()
        : life.drivers.stream().map(RemoteDriver::status).toList();
  }

  List<SimHub> hubs() {
    return hubs;
  }

  /** Retention lets go of what exceeds the limits, but for what a remote is still to get. */
  Future<RetentionReport> retain(Limits limits) {
    Life at = life;
    if (at == null || at.log == null) {
      return Future.failedFuture("it doesn't live");
    }
    EventLog log = at.log;
    List<RemoteStore> stores = hubs.stream().map(this::store).toList();
    return new JournalRetention(
            at.journals,
            JOURNAL,
            List.of(RetentionRule.ofAll(limits.strategy())),
            clock(),
            ids -> {
              // Also if its life ends meanwhile: what is gone is seen on the disk.
              trimmable.addAll(ids);
              return log.trim(ids, stores);
            },
            AuditSink.NONE)
        .run();
  }

  private RemoteStore store(SimHub hub) {
    String variant = sync.unencrypted() ? "plain:" : "sealed:";
    return new RemoteStore(hub.remoteId(), variant + identity.publicKey());
  }

  InstantSource clock() {
    return world.clock(skewMs);
  }

  // ---- what is on its disk ----

  List<PlacedEntry> journal() {
    return disk.journals().entries(JOURNAL, 0, 1_000_000, Long.MAX_VALUE).result();
  }

  /** Entries that some hub refuses, or once has: it can have one that it doesn't take again. */
  Set<EntryId> refused() {
    Set<Long> positions = new HashSet<>();
    for (SimHub hub : hubs) {
      RemoteStore store = store(hub);
      disk.journals()
          .marks(JOURNAL, store.remote(), store.store(), UploadMark.State.REFUSED, 0, 1_000_000)
          .result()
          .forEach(mark -> positions.add(mark.position()));
    }
    Set<EntryId> ids = new HashSet<>();
    for (PlacedEntry placed : journal()) {
      if (positions.contains(placed.position())) {
        ids.add(placed.entry().id());
      }
    }
    return ids;
  }

  /** What its journal knows, what it let go of included. */
  Set<EntryId> known() {
    Set<EntryId> ids = new HashSet<>(trimmable);
    journal().forEach(placed -> ids.add(placed.entry().id()));
    return disk.journals().known(JOURNAL, ids).result().keySet();
  }

  Map<EntryId, EntryOutcome> outcomes() {
    Map<EntryId, EntryOutcome> outcomes = new HashMap<>();
    for (EntryOutcome outcome : disk.journals()
        .outcomes(JOURNAL, Optional.empty(), Optional.empty(), 1_000_000)
        .result()) {
      outcomes.put(outcome.id(), outcome);
    }
    return outcomes;
  }

  Optional<Winner> winner(String event, String key) {
    return disk.journals()
        .winner(
            JOURNAL, event.getBytes(StandardCharsets.UTF_8), key.getBytes(StandardCharsets.UTF_8))
        .result();
  }

  int lives() {
    return lives;
  }
}
