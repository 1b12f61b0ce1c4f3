package io.tributary.storage.postgres;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.CompactionHistory;
import io.tributary.storage.Health;
import io.tributary.storage.HintChannel;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.LeaseStore;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.nio.file.Path;

/** An open database. */
final class PostgresStorage implements Storage {
  private final Database database;
  private final LogStore log;
  private final LeaseStore leases;
  private final HintChannel hints;
  private final StoreRegistry registry;
  private final JournalStore journals;
  private final KeyValueStore keyValues;
  private final CompactionHistory compactions;

  PostgresStorage(Database database) {
    this.database = database;
    hints = database.hints();
    log = new PostgresLog(database);
    leases = new PostgresLeases(database);
    registry = new PostgresRegistry(database);
    journals = new PostgresJournals(database);
    keyValues = new PostgresKeyValues(database);
    compactions = new PostgresCompactions(database);
  }

  @Override
  public DataSetId dataSetId() {
    return database.dataSetId();
  }

  @Override
  public boolean durable() {
    return true;
  }

  @Override
  public boolean shared() {
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
    return compactions;
  }

  @Override
  public Future<Void> reseed(DataSetId id) {
    return database.reseed(id);
  }

  @Override
  public Future<Void> reclaim() {
    return database.vacuum();
  }

  @Override
  public Future<Void> backup(Path directory) {
    return Future.failedFuture(
        database.isClosed()
            ? Database.closedException()
            : new StorageException(
                Outcome.REJECTED,
                "copies of a PostgreSQL database are made with its own tools: pg_dump, or a base"
                    + " backup; after putting one back, run reseed",
                null));
  }

  @Override
  public Future<Health> check() {
    return database.check();
  }

  @Override
  public Future<Void> close() {
    return database.close();
  }
}
