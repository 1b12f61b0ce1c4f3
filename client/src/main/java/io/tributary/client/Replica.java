package io.tributary.client;

import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentitySource;
import io.tributary.client.options.OptionsException;
import io.tributary.client.retention.JournalRetention;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.SyncService;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.EntryId;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.Storages;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open replica, made by {@link Tributary#replica}. For any thread. */
public final class Replica {
  private static final Logger logger = LoggerFactory.getLogger(Replica.class);

  private final Vertx vertx;
  private final ReplicaOptions options;
  private final Storage storage;
  private final EventLog log;
  private final SyncService sync;
  private final JournalRetention retention;
  private final long timer;
  private @Nullable Future<Void> closing;

  private Replica(Vertx vertx, ReplicaOptions options, Storage storage, EventLog log) {
    this.vertx = vertx;
    this.options = options;
    this.storage = storage;
    this.log = log;
    this.sync = new SyncService(vertx, List.of(log), options.audit());
    this.retention = new JournalRetention(
        storage.journals(),
        journal(options),
        options.retention(),
        options.clock(),
        this::remove,
        options.audit());
    this.timer = options.retention().isEmpty()
        ? -1
        : vertx.setPeriodic(options.retentionInterval().toMillis(), id -> retain());
    if (!options.retention().isEmpty()) {
      log.runner().execute(() -> {
        Runnable unused =
            log.syncAccess().onPlaced((before, placed) -> retention.received(placed.size()));
      });
    }
  }

  /** The journal of a replica's event log. */
  private static String journal(ReplicaOptions options) {
    return "replica:" + options.name() + ":" + IdentityBundle.MAIN;
  }

  /** Where a replica of that name keeps the identity that it made. */
  static String identityJournal(String name) {
    return "replica:" + name + ":identity";
  }

  static Future<Replica> open(Vertx vertx, ReplicaOptions options) {
    return storage(vertx, options)
        .compose(storage -> identity(vertx, options, storage)
            .compose(identity -> {
              EventLogOptions.Builder log = EventLogOptions.builder(identity)
                  .name(IdentityBundle.MAIN)
                  .policy(options.policy())
                  .audit(options.audit())
                  .clock(options.clock());
              options.eventLog().accept(log);
              return EventLog.open(
                  vertx, EventJournal.open(storage, journal(options)), log.build());
            })
            .compose(log -> new Replica(vertx, options, storage, log).connect())
            .recover(failure ->
                release(options, storage).transform(done -> Future.failedFuture(failure))));
  }

  private static Future<Storage> storage(Vertx vertx, ReplicaOptions options) {
    Storage given = options.storage();
    if (given != null) {
      return Future.succeededFuture(given);
    }
    try {
      return Storages.find(options.provider())
          .open(vertx, options.section())
          .recover(cause -> Future.failedFuture(named(cause)));
    } catch (StorageConfigException e) {
      return Future.failedFuture(named(e));
    }
  }

  /** A provider knows only its own section: says where that is. */
  private static Throwable named(Throwable cause) {
    if (!(cause instanceof StorageConfigException wrong)) {
      return cause;
    }
    String key = wrong.key().startsWith("storage.") ? wrong.key() : "storage." + wrong.key();
    return new OptionsException(List.of(key + ": " + wrong.getMessage()));
  }

  /** The identity of the event log of these options. */
  static Future<Identity> identity(Vertx vertx, ReplicaOptions options, Storage storage) {
    ReplicaOptions.Identities identities = options.identities();
    IdentitySource source = identities == null
        ? IdentitySource.journal(storage.journals(), identityJournal(options.name()))
        : identities.source(vertx);
    return source.load(IdentityBundle.MAIN);
  }

  private Future<Replica> connect() {
    Future<String> connected = Future.succeededFuture("");
    for (RemoteOptions remote : options.remotes()) {
      connected = connected.compose(v -> sync.connect(remote));
    }
    return connected
        .map(this)
        .recover(failure -> close().transform(done -> Future.failedFuture(failure)));
  }

  private static Future<Void> release(ReplicaOptions options, Storage storage) {
    return options.storage() == null ? storage.close() : Future.succeededFuture();
  }

  /** Its name, which is also in the addresses of its verticle. */
  public String name() {
    return options.name();
  }

  /** Whose entries it writes and reads. */
  public Identity identity() {
    return log.identity();
  }

  /** Its event log. */
  public EventLog eventLog() {
    return log;
  }

  /** What keeps it in sync. */
  public SyncService sync() {
    return sync;
  }

  private Future<List<EntryId>> remove(List<EntryId> ids) {
    return sync.destinations(log)
        .map(destinations -> log.trim(ids, destinations))
        .orElseGet(() -> Future.succeededFuture(List.of()));
  }

  private void retain() {
    retention
        .run()
        .onFailure(failure -> logger.warn(
            "replica={} retention failed and is tried again: {}", name(), failure.toString()));
  }

  /**
   * Ends syncing, then the event log, then the storage, unless that was given. Idempotent. What was
   * written and not uploaded is pending when the replica is opened again.
   */
  public synchronized Future<Void> close() {
    Future<Void> begun = closing;
    if (begun == null) {
      if (timer >= 0) {
        boolean unused = vertx.cancelTimer(timer);
      }
      retention.close();
      begun =
          sync.close().transform(done -> log.close()).transform(done -> release(options, storage));
      closing = begun;
    }
    return begun;
  }
}
