package io.tributary.client;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentitySource;
import io.tributary.client.options.OptionsException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Where an application begins. */
public final class Tributary {
  /** More event logs than a replica has. */
  private static final int MAX_LOGS = 100;

  private Tributary() {}

  /**
   * Opens a replica: its storage, its identity and its event log, and begins to sync.
   *
   * <pre>{@code
   * Tributary.replica(vertx, ReplicaOptions.builder()
   *         .eventLog(log -> log.group(TODOS).handle(ADDED, todos::added))
   *         .remote(RemoteOptions.builder("ws://localhost:8787").tenant("demo").build())
   *         .build())
   *     .compose(replica -> replica.eventLog().write(ADDED, new Added("1", "milk")));
   * }</pre>
   *
   * @return fails with the storage's exceptions, with {@link
   *     io.tributary.client.identity.IdentityException}, or with {@link
   *     io.tributary.client.options.OptionsException}; nothing is left open then. That a remote can't
   *     be reached is no failure
   */
  public static Future<Replica> replica(Vertx vertx, ReplicaOptions options) {
    return Replica.open(vertx, options);
  }

  /**
   * Opens plain stores: local, without event logs, never synced. They are in spaces of their own in the
   * storage, whatever replicas it has.
   *
   * @param storage stays the caller's to close, after the stores
   * @param name tells sets of plain stores of one storage apart; letters, digits, {@code -} and {@code
   *     _}. One set may be open once
   * @return fails with the storage's exceptions, and with {@link
   *     io.tributary.client.options.OptionsException} if the name can't be one
   */
  public static Future<Stores> plainStores(
      Vertx vertx, Storage storage, String name, StoresOptions options) {
    return plainStores(vertx, storage, name, options, InstantSource.system());
  }

  /** The same, by that clock. */
  public static Future<Stores> plainStores(
      Vertx vertx, Storage storage, String name, StoresOptions options, InstantSource clock) {
    try {
      return Stores.plain(new Stores.Home(
          Runner.of(vertx, vertx.getOrCreateContext()),
          storage,
          "plain:" + Stores.checkName(name) + ":",
          options,
          clock,
          new AuditRelay(AuditSink.NONE, options.audit().enabled())));
    } catch (OptionsException e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * Whether anything was ever kept in plain stores of that name.
   *
   * @return fails with {@link OptionsException} if it can't be a name
   */
  public static Future<Boolean> hasPlainStores(Storage storage, String name) {
    try {
      String prefix = "plain:" + Stores.checkName(name) + ":";
      return storage
          .keyValues()
          .spaces(Optional.of(prefix), 1)
          .map(some -> some.stream().anyMatch(space -> space.startsWith(prefix)));
    } catch (OptionsException e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * The identities that a replica made and keeps in its storage, of all its event logs.
   *
   * @param name the replica's
   * @return empty if it never opened there, or has its identities from elsewhere
   */
  public static Future<Optional<IdentityBundle>> identities(Storage storage, String name) {
    String journal = Replica.identityJournal(name);
    return storage.journals().entries(journal, 0, MAX_LOGS, Long.MAX_VALUE).compose(made -> {
      List<String> logs = made.stream()
          .map(entry -> new String(entry.entry().primaryKey(), StandardCharsets.UTF_8))
          .toList();
      return logs.isEmpty()
          ? Future.succeededFuture(Optional.empty())
          : IdentityBundle.load(IdentitySource.journal(storage.journals(), journal), logs)
              .map(Optional::of);
    });
  }
}
