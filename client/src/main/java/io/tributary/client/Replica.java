package io.tributary.client;

import static java.util.Objects.requireNonNull;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentitySource;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.tributary.client.retention.JournalRetention;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.ArtifactEvents;
import io.tributary.client.stores.audit.AuditEvents;
import io.tributary.client.stores.chat.ChatEvents;
import io.tributary.client.stores.migration.AgentSdkFiles;
import io.tributary.client.stores.migration.AgentSdkMigration;
import io.tributary.client.stores.migration.AgentSdkReport;
import io.tributary.client.stores.migration.MigrationCounts;
import io.tributary.client.stores.migration.StoreMigration;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.SyncService;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.EntryId;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.Storages;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open replica, made by {@link Tributary#replica}. For any thread. */
public final class Replica {
  private static final Logger logger = LoggerFactory.getLogger(Replica.class);

  private final Vertx vertx;
  private final ReplicaOptions options;
  private final Storage storage;
  private final Runner runner;
  private final AuditRelay audit;
  private final Map<String, Opened> logs;
  private final EventLog log;
  private final SyncService sync;
  private final JournalRetention retention;
  private final long timer;
  private volatile @Nullable Stores stores;

  /** Whether it is known where entries are to go: before and after, none is removed. */
  private volatile boolean connected;

  private @Nullable Future<Void> closing;

  /** An event log and its journal. */
  private record Opened(EventLog log, EventJournal journal) {}

  private Replica(
      Vertx vertx,
      ReplicaOptions options,
      Storage storage,
      Runner runner,
      AuditRelay audit,
      Map<String, Opened> logs) {
    this.vertx = vertx;
    this.options = options;
    this.storage = storage;
    this.runner = runner;
    this.audit = audit;
    this.logs = logs;
    this.log = requireNonNull(logs.get(IdentityBundle.MAIN)).log();
    this.sync = new SyncService(vertx, logs.values().stream().map(Opened::log).toList(), audit);
    this.retention = new JournalRetention(
        storage.journals(),
        journal(options, IdentityBundle.MAIN),
        options.retention(),
        options.clock(),
        ids -> remove(log, ids),
        audit);
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

  /** The journal of one of a replica's event logs. */
  private static String journal(ReplicaOptions options, String log) {
    return "replica:" + options.name() + ":" + log;
  }

  /** Where a replica of that name keeps the identities that it made. */
  static String identityJournal(String name) {
    return "replica:" + name + ":identity";
  }

  static Future<Replica> open(Vertx vertx, ReplicaOptions options) {
    Runner runner = Runner.of(vertx, vertx.getOrCreateContext());
    List<String> names = logs(options);
    AuditRelay audit = new AuditRelay(options.audit(), names.contains(IdentityBundle.AUDIT));
    return storage(vertx, options)
        .compose(storage -> identities(vertx, options, storage, names)
            .compose(identities -> open(runner, options, storage, names, identities, audit))
            .recover(failure ->
                release(options, storage).transform(done -> Future.failedFuture(failure)))
            .compose(logs -> {
              Replica replica = new Replica(vertx, options, storage, runner, audit, logs);
              return replica
                  .openStores()
                  .compose(v -> replica.connect())
                  .compose(v -> replica.schedule())
                  .map(replica)
                  .recover(
                      failure -> replica.close().transform(done -> Future.failedFuture(failure)));
            }));
  }

  /** The names of the event logs that a replica has. */
  private static List<String> logs(ReplicaOptions options) {
    List<String> logs = new ArrayList<>(List.of(IdentityBundle.MAIN));
    StoresOptions stores = options.stores();
    if (stores != null) {
      if (stores.chat().enabled()) {
        logs.add(IdentityBundle.CHAT);
      }
      if (stores.artifacts().enabled()) {
        logs.add(IdentityBundle.ARTIFACTS);
      }
      if (stores.audit().enabled()
          || options.remotes().stream().anyMatch(remote -> remote.covers(IdentityBundle.AUDIT))) {
        logs.add(IdentityBundle.AUDIT);
      }
    }
    return logs;
  }

  private static Future<Map<String, Opened>> open(
      Runner runner,
      ReplicaOptions options,
      Storage storage,
      List<String> names,
      IdentityBundle identities,
      AuditRelay audit) {
    Map<String, Opened> opened = new LinkedHashMap<>();
    return Steps.each(names, name -> {
          EventJournal journal = EventJournal.open(storage, journal(options, name));
          Identity identity = identities.find(name).orElseThrow();
          return EventLog.open(runner, journal, logOptions(name, identity, options, audit))
              .map(log -> {
                opened.put(name, new Opened(log, journal));
                return null;
              });
        })
        .map(opened)
        .recover(
            failure -> closeAll(opened.values()).transform(done -> Future.failedFuture(failure)));
  }

  private static EventLogOptions logOptions(
      String name, Identity identity, ReplicaOptions options, AuditRelay audit) {
    EventLogOptions.Builder log =
        EventLogOptions.builder(identity).policy(options.policy()).clock(options.clock());
    if (name.equals(IdentityBundle.MAIN)) {
      options.eventLog().accept(log.name(name).audit(audit));
      return log.build();
    }
    switch (name) {
      case IdentityBundle.CHAT -> ChatEvents.register(log);
      case IdentityBundle.ARTIFACTS -> ArtifactEvents.register(log);
      default -> AuditEvents.register(log);
    }
    options.storeLog(name).accept(log);
    // What the audit log itself does is not for the audit log.
    AuditSink sink = name.equals(IdentityBundle.AUDIT) ? options.audit() : audit;
    return log.name(name).audit(sink).build();
  }

  private static Future<Void> closeAll(Collection<Opened> logs) {
    return Future.join(logs.stream().map(opened -> opened.log().close()).toList())
        .mapEmpty();
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

  /** The identities of event logs, each another one. */
  private static Future<IdentityBundle> identities(
      Vertx vertx, ReplicaOptions options, Storage storage, List<String> logs) {
    IdentitySource stored =
        IdentitySource.journal(storage.journals(), identityJournal(options.name()));
    ReplicaOptions.Identities identities = options.identities();
    IdentitySource source = identities == null ? stored : identities.source(vertx, stored);
    return IdentityBundle.load(source, logs).map(bundle -> {
      Map<String, String> owners = new HashMap<>();
      for (String log : logs) {
        String key = bundle.find(log).orElseThrow().publicKey();
        String other = owners.put(key, log);
        if (other != null) {
          // On a hub the two would be one store.
          throw new OptionsException(List.of(OptionsReader.problem(
              "identity",
              "one for the event logs " + other + " and " + log,
              "with stores, another one for each event log: a bundle, a file, or those that the"
                  + " replica makes")));
        }
      }
      return bundle;
    });
  }

  private Future<Void> openStores() {
    StoresOptions its = options.stores();
    if (its == null) {
      return Future.succeededFuture();
    }
    Map<String, Journaled> journaled = new HashMap<>();
    logs.forEach((name, opened) -> {
      if (opened.log() != log) {
        journaled.put(
            name, new Journaled(opened.log(), opened.journal(), ids -> remove(opened.log(), ids)));
      }
    });
    return Stores.journaled(
            new Stores.Home(
                runner, storage, "replica:" + name() + ":", its, options.clock(), audit),
            journaled)
        .map(opened -> {
          stores = opened;
          return null;
        });
  }

  private Future<Void> connect() {
    Future<String> done = Future.succeededFuture("");
    for (RemoteOptions remote : options.remotes()) {
      done = done.compose(v -> sync.connect(remote));
    }
    return done.map(v -> {
      connected = true;
      return null;
    });
  }

  private Future<Void> schedule() {
    Stores opened = stores;
    return opened == null ? Future.succeededFuture() : opened.schedule();
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

  /** Its own event log, beside those of its stores. */
  public EventLog eventLog() {
    return log;
  }

  /** What keeps it in sync. */
  public SyncService sync() {
    return sync;
  }

  /** Its stores, if its options say that there are some. They are closed with it. */
  public Optional<Stores> stores() {
    return Optional.ofNullable(stores);
  }

  /**
   * Takes plain stores into its own: conversations, artifacts and the audit log, as far as both have them;
   * see {@link StoreMigration}. The plain ones are left as they are.
   *
   * @param dryRun whether only to tell what would become of what is in them
   * @return counts by the name of the store; fails with {@link
   *     io.tributary.client.stores.StoreException} if this replica has no stores
   */
  public Future<Map<String, MigrationCounts>> migrate(Stores plain, boolean dryRun) {
    Stores its = stores;
    if (its == null) {
      return noStores();
    }
    Map<String, MigrationCounts> counts = new LinkedHashMap<>();
    return migrated(
            counts,
            IdentityBundle.CHAT,
            plain.chat(),
            its.chat(),
            (from, to) -> StoreMigration.migrate(from, to, dryRun))
        .compose(done -> migrated(
            counts,
            IdentityBundle.ARTIFACTS,
            plain.artifacts(),
            its.artifacts(),
            (from, to) -> StoreMigration.migrate(from, to, dryRun)))
        .compose(done -> migrated(
            counts,
            IdentityBundle.AUDIT,
            plain.audit(),
            its.audit(),
            (from, to) -> StoreMigration.migrate(from, to, dryRun)))
        .map(done -> counts);
  }

  private static <T> Future<Void> migrated(
      Map<String, MigrationCounts> counts,
      String name,
      Optional<T> from,
      Optional<T> to,
      BiFunction<T, T, Future<MigrationCounts>> migration) {
    return from.isEmpty() || to.isEmpty()
        ? Future.succeededFuture()
        : migration.apply(from.get(), to.get()).map(its -> {
          counts.put(name, its);
          return null;
        });
  }

  /**
   * Takes what the npm package effect-claude-agent-sdk left in files into its stores; see {@link
   * AgentSdkMigration}.
   *
   * @param purgedToo whether messages are to come back whose sessions were purged there
   * @param dryRun whether only to tell what would become of what is in them
   * @return fails as {@link AgentSdkMigration#run}, and with {@link
   *     io.tributary.client.stores.StoreException} if this replica has no stores
   */
  public Future<AgentSdkReport> migrate(AgentSdkFiles files, boolean purgedToo, boolean dryRun) {
    return stores == null
        ? noStores()
        : AgentSdkMigration.run(
            vertx,
            files,
            logs.values().stream().map(Opened::log).filter(its -> its != log).toList(),
            purgedToo,
            dryRun);
  }

  private <T> Future<T> noStores() {
    return Future.failedFuture(new StoreException(
        "the replica " + name() + " has no stores: its options have to name some"));
  }

  private Future<List<EntryId>> remove(EventLog from, List<EntryId> ids) {
    return Optional.of(from)
        .filter(known -> connected)
        .flatMap(sync::destinations)
        // Closing forgets the remotes.
        .filter(destinations -> connected)
        .map(destinations -> from.trim(ids, destinations))
        .orElseGet(() -> Future.succeededFuture(List.of()));
  }

  private void retain() {
    retention
        .run()
        .onFailure(failure -> logger.warn(
            "replica={} retention failed and is tried again: {}", name(), failure.toString()));
  }

  /**
   * Ends syncing, then the stores, the event logs, and the storage, unless that was given. Idempotent.
   * What was written and not uploaded is pending when the replica is opened again.
   */
  public synchronized Future<Void> close() {
    Future<Void> begun = closing;
    if (begun == null) {
      if (timer >= 0) {
        boolean unused = vertx.cancelTimer(timer);
      }
      connected = false;
      retention.close();
      Stores opened = stores;
      begun = (opened == null ? Future.<Void>succeededFuture() : opened.endSchedule())
          .transform(done -> sync.close())
          .transform(done -> opened == null ? Future.<Void>succeededFuture() : opened.close())
          .transform(done -> closeAll(logs.values()))
          .transform(done -> release(options, storage));
      closing = begun;
    }
    return begun;
  }
}
