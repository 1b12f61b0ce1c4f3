package io.tributary.storage.file;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.Hint;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An open data directory. */
final class FileStorage implements Storage {
  private static final AtomicInteger OPENED = new AtomicInteger();

  private final Vertx vertx;
  private final DirectoryLock lock;
  private final Path directory;
  private final Readers readers;
  private final Writer writer;
  private final FileLog log;
  private final FileLeases leases;
  private final FileRegistry registry;
  private final FileJournals journals;
  private final FileKeyValues keyValues;
  private final FileHistory history;
  private final Reclaim reclaim;
  private final HintChannel hints = new NoHints();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Promise<Void> ended = Promise.promise();

  private volatile DataSetId dataSetId;

  private FileStorage(
      Vertx vertx,
      Path directory,
      DirectoryLock lock,
      DataSetId dataSetId,
      Readers readers,
      Writer writer,
      InstantSource clock) {
    this.vertx = vertx;
    this.directory = directory;
    this.lock = lock;
    this.dataSetId = dataSetId;
    this.readers = readers;
    this.writer = writer;
    this.leases = new FileLeases(writer, clock);
    this.log = new FileLog(writer, readers, leases);
    this.registry = new FileRegistry(writer, readers);
    this.journals = new FileJournals(writer, readers, leases);
    this.keyValues = new FileKeyValues(writer, readers);
    this.history = new FileHistory(writer, readers);
    this.reclaim = new Reclaim(vertx, writer, readers);
  }

  /** Opens a directory. Blocking. */
  static FileStorage open(Vertx vertx, Path directory, InstantSource clock)
      throws IOException, SQLException {
    DirectoryLock lock = DirectoryLock.acquire(directory);
    String name = "tributary-file-" + OPENED.incrementAndGet();
    Database database = new Database(directory);
    Readers readers = new Readers(vertx, database, name + "-reader");
    try {
      Writer writer = new Writer(vertx, database, readers, name + "-writer");
      DataSetId dataSetId = writer.open();
      return new FileStorage(vertx, directory, lock, dataSetId, readers, writer, clock);
    } catch (IOException | SQLException | RuntimeException e) {
      var unused = readers.stop();
      lock.close();
      throw e;
    }
  }

  @Override
  public DataSetId dataSetId() {
    return dataSetId;
  }

  @Override
  public boolean durable() {
    return true;
  }

  @Override
  public LogStore log() {
    return log;
  }

  @Override
  public LeaseStore leases() {
    return leases;
  }

  @Override
  public HintChannel hints() {
    return hints;
  }

  @Override
  public StoreRegistry registry() {
    return registry;
  }

  @Override
  public JournalStore journals() {
    return journals;
  }

  @Override
  public KeyValueStore keyValues() {
    return keyValues;
  }

  @Override
  public CompactionHistory compactions() {
    return history;
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    return writer
        .submit(connection -> connection.update("UPDATE data_set SET id = ?", id.toBytes()), 1, 0)
        .onSuccess(one -> dataSetId = id)
        .mapEmpty();
  }

  @Override
  public Future<Void> reclaim() {
    return reclaim.run();
  }

  @Override
  public Future<Void> backup(Path target) {
    if (closed.get()) {
      return Future.failedFuture(Writer.closedException());
    }
    Backup backup = new Backup(directory, target);
    return readers.submitLong(backup::copy, backup::finish).mapEmpty();
  }

  @Override
  public Future<Health> check() {
    if (closed.get()) {
      return Future.succeededFuture(new Health(Health.Status.DOWN, Writer.CLOSED));
    }
    Future<?> written = writer.trouble() == null ? Future.succeededFuture() : writer.probe();
    return written
        .transform(ignored -> readers.submit(connection -> connection.heads(List.of())))
        .transform(read -> Future.succeededFuture(health(read.cause())));
  }

  private Health health(@Nullable Throwable unreadable) {
    String unwritable = writer.trouble();
    if (unreadable != null) {
      return new Health(
          Health.Status.DOWN,
          unwritable == null ? String.valueOf(unreadable.getMessage()) : unwritable);
    }
    return unwritable == null ? Health.UP : new Health(Health.Status.READ_ONLY, unwritable);
  }

  @Override
  public Future<Void> close() {
    if (closed.compareAndSet(false, true)) {
      log.close();
      leases.close();
      registry.close();
      journals.close();
      keyValues.close();
      history.close();
      var unused = writer
          .close()
          .transform(written -> readers.stop())
          .transform(stopped -> unlock())
          .onComplete(ended);
    }
    Context context = vertx.getOrCreateContext();
    Promise<Void> promise = Promise.promise();
    var ignored = ended
        .future()
        .onComplete(result -> context.runOnContext(nothing -> promise.handle(result)));
    return promise.future();
  }

  private Future<Void> unlock() {
    try {
      lock.close();
    } catch (IOException e) {
      // the process's end does it
    }
    return Future.succeededFuture();
  }

  /** There is no other node. */
  private final class NoHints implements HintChannel {
    @Override
    public void publish(Hint hint) {}

    @Override
    public Future<Subscription> subscribe(Listener listener) {
      return closed.get()
          ? Future.failedFuture(Writer.closedException())
          : Future.succeededFuture(Future::succeededFuture);
    }
  }
}
