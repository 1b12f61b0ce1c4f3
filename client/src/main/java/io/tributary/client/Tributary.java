package io.tributary.client;

import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentitySource;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;

/** Where an application begins. */
public final class Tributary {
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
   * The identities that a replica made and keeps in its storage.
   *
   * @param name the replica's
   * @return empty if it never opened there, or has its identity from elsewhere
   */
  public static Future<Optional<IdentityBundle>> identities(Storage storage, String name) {
    String journal = Replica.identityJournal(name);
    return storage
        .journals()
        .entries(journal, 0, 1, Long.MAX_VALUE)
        .compose(some -> some.isEmpty()
            ? Future.succeededFuture(Optional.empty())
            : IdentityBundle.load(
                    IdentitySource.journal(storage.journals(), journal),
                    List.of(IdentityBundle.MAIN))
                .map(Optional::of));
  }
}
