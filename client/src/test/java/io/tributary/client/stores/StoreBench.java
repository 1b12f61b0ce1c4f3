package io.tributary.client.stores;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.LoggedEntry;
import io.tributary.client.eventlog.ManualRunner;
import io.tributary.client.eventlog.RemoteStore;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Storage;
import io.tributary.storage.Storages;
import io.tributary.storage.contract.OpenStorage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One replica's storage, where stores are opened, closed and opened again. */
public abstract sealed class StoreBench implements AutoCloseable {
  /** When its clock begins. */
  public static final long START = 1_790_000_000_000L;

  /** The hub that brings entries. */
  public static final RemoteId HUB = new RemoteId(0x11, 0x22);

  /** So that no two benches make the same ids. */
  private static final AtomicInteger INSTANCES = new AtomicInteger();

  private static final String STORE = "sealed:me";

  public final List<AuditEvent> audit = new CopyOnWriteArrayList<>();

  /** Remotes that are to get everything before it may go. */
  public final Set<RemoteStore> remotes = new LinkedHashSet<>();

  private final List<EventLog> logs = new ArrayList<>();
  private final List<Space> spaces = new ArrayList<>();
  private long delivered;
  private final int instance = INSTANCES.incrementAndGet();
  private int opened;

  /** In memory, on the test's thread, with a clock that stands. */
  public static StoreBench memory() {
    return new Memory();
  }

  /** In a directory, on Vert.x, with a clock that stands. */
  public static StoreBench file(Path dir) {
    return new InFile(dir);
  }

  @CanIgnoreReturnValue
  public abstract <T> T await(Future<T> future);

  public abstract Throwable failure(Future<?> future);

  public abstract Storage storage();

  /** Runs what goes on by itself. */
  public abstract void settle();

  abstract Runner runner();

  public abstract InstantSource clock();

  public abstract void setClock(long nowMs);

  public KeyValueStore keyValues() {
    return storage().keyValues();
  }

  /** A place for a store. */
  public Place place(String space) {
    return place(space, runner(), keyValues());
  }

  private Place place(String name, Runner runner, KeyValueStore keyValues) {
    Space space = Space.of(keyValues, name, runner);
    spaces.add(space);
    return new Place(space, clock(), audit::add);
  }

  /** As {@link #place(String)}, where a journaled store lives. */
  public Place place(String space, Journaled journaled) {
    return place(space, journaled.log().runner(), keyValues());
  }

  /** As {@link #place(String, Journaled)}, with key values of the test's own. */
  public Place place(String space, Journaled journaled, KeyValueStore keyValues) {
    return place(space, journaled.log().runner(), keyValues);
  }

  /** An event log of a journal. */
  public Journaled log(String name, Consumer<EventLogOptions.Builder> more) {
    EventLogOptions.Builder options = EventLogOptions.builder(Identity.random())
        .name(name)
        .audit(audit::add)
        .clock(clock())
        .ids(new EntryIdGenerator(clock(), new Random(++opened + 1_000L * instance)));
    more.accept(options);
    EventJournal journal = EventJournal.open(storage(), name);
    EventLog log = await(EventLog.open(runner(), journal, options.build()));
    logs.add(log);
    return new Journaled(log, journal, ids -> log.trim(ids, remotes));
  }

  /** All entries of a log. */
  public List<Entry> entries(EventLog log) {
    List<Entry> all = new ArrayList<>();
    long after = 0;
    while (true) {
      var page = await(log.entries(EntryFilter.ALL, after, 100));
      page.items().stream().map(LoggedEntry::entry).forEach(all::add);
      if (page.next().isEmpty()) {
        return all;
      }
      after = page.next().getAsLong();
    }
  }

  /** Brings entries from the hub, in that order. */
  public void deliver(EventLog log, List<Entry> entries) {
    List<Arrival> arrivals = new ArrayList<>();
    for (Entry entry : entries) {
      arrivals.add(new Arrival(++delivered, entry));
    }
    long next = delivered + 1;
    await(Space.answered(log.runner(), () -> log.syncAccess().receive(HUB, STORE, arrivals, next)));
    settle();
  }

  /** Says that the hub has everything of a log. */
  public void uploaded(EventLog log) {
    await(Space.answered(
        log.runner(),
        () -> log.syncAccess()
            .recordUploads(HUB, STORE, log.syncAccess().lastPosition(), 0, List.of(), List.of())));
  }

  /** The hub, as one of {@link #remotes}. */
  public static RemoteStore hub() {
    return new RemoteStore(HUB, STORE);
  }

  /** Closes what is open in the storage. */
  public void closeStores() {
    spaces.forEach(space -> await(space.close()));
    spaces.clear();
    logs.forEach(log -> await(log.close()));
    logs.clear();
  }

  /** Lets the storage be opened again, where it has something to open. */
  public void reopen() {
    closeStores();
  }

  @Override
  public void close() {
    closeStores();
  }

  private static final class Memory extends StoreBench {
    private final ManualRunner runner = new ManualRunner();
    private final Storage storage;

    Memory() {
      Vertx none = Vertx.vertx();
      none.close().onFailure(cause -> {});
      storage = new MemoryStorageProvider().open(none, new JsonObject()).result();
    }

    @Override
    public <T> T await(Future<T> future) {
      return runner.await(future);
    }

    @Override
    public Throwable failure(Future<?> future) {
      return runner.failure(future);
    }

    @Override
    public Storage storage() {
      return storage;
    }

    @Override
    public void settle() {
      runner.run();
    }

    @Override
    Runner runner() {
      return runner;
    }

    @Override
    public InstantSource clock() {
      return runner;
    }

    @Override
    public void setClock(long nowMs) {
      runner.setClock(nowMs);
    }
  }

  private static final class InFile extends StoreBench {
    private final Path dir;
    private volatile long now = START;
    private OpenFile open;

    private static final class OpenFile extends OpenStorage {
      OpenFile(Path dir) {
        super(Storages.find("file"), new JsonObject().put("dir", dir.toString()));
      }
    }

    InFile(Path dir) {
      this.dir = dir;
      open = new OpenFile(dir);
    }

    @Override
    public <T> T await(Future<T> future) {
      return OpenStorage.await(future);
    }

    @Override
    public Throwable failure(Future<?> future) {
      return OpenStorage.await(
              future.transform(done -> Future.succeededFuture(Optional.ofNullable(done.cause()))))
          .orElseThrow(() -> new AssertionError("it did not fail: " + future.result()));
    }

    @Override
    public Storage storage() {
      return open.storage;
    }

    @Override
    public void settle() {}

    @Override
    Runner runner() {
      return Runner.of(open.vertx, open.vertx.getOrCreateContext());
    }

    @Override
    public InstantSource clock() {
      return () -> Instant.ofEpochMilli(now);
    }

    @Override
    public void setClock(long nowMs) {
      now = nowMs;
    }

    @Override
    public void reopen() {
      super.reopen();
      open.close();
      open = new OpenFile(dir);
    }

    @Override
    public void close() {
      super.close();
      open.close();
    }
  }
}
