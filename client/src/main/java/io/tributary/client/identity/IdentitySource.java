package io.tributary.client.identity;

import io.tributary.core.crypto.Identity;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where the identities of a replica's event logs come from. A function of one's own may ask a key
 * management service.
 */
@FunctionalInterface
public interface IdentitySource {
  /**
   * The identity of an event log, made if it isn't there yet and the source makes some: from then on
   * always the same, also if several ask for it at the same time.
   *
   * @param log the event log's name; {@link IdentityBundle#MAIN} for a replica's main one
   * @return fails with {@link IdentityException} if there is no way to it, or with what the storage
   *     fails with
   */
  Future<Identity> load(String log);

  /** Always that one, for every event log that is asked about. */
  static IdentitySource of(Identity identity) {
    return log -> Future.succeededFuture(identity);
  }

  /** The identities of a bundle. */
  static IdentitySource of(IdentityBundle bundle) {
    return log -> {
      Optional<Identity> identity = bundle.find(log);
      return identity.isPresent()
          ? Future.succeededFuture(identity.get())
          : Future.failedFuture(
              new IdentityException(TextSource.missing("the bundle", log, bundle)));
    };
  }

  /**
   * From a journal of its own, where it is made at first: whoever can read the storage can read the
   * secrets, as they can read the entries.
   *
   * @param journals of the storage where the replica keeps its event logs
   * @param journal its name; no event log's
   */
  static IdentitySource journal(JournalStore journals, String journal) {
    return new JournalSource(journals, journal);
  }

  /**
   * From a file with an identity or a bundle, made with mode 600 if it isn't there. What the file has
   * no identity for has a file of its own beside it, {@code <file>.<log>}. A file that others may read,
   * or that others than its owner may write, is refused: the secret is not one any more.
   */
  static IdentitySource file(Vertx vertx, Path file) {
    return new FileSource(vertx, file, true);
  }

  /** As {@link #file}, but what isn't there is not made: loading it fails. */
  static IdentitySource existingFile(Vertx vertx, Path file) {
    return new FileSource(vertx, file, false);
  }

  /** From an environment variable that holds an identity or a bundle. */
  static IdentitySource environment(String variable) {
    return environment(variable, System.getenv());
  }

  /** As {@link #environment(String)}, from variables that are given. */
  static IdentitySource environment(String variable, Map<String, String> variables) {
    return new TextSource("the environment variable " + variable, log -> {
      String text = variables.get(variable);
      return text == null || text.isBlank()
          ? Future.failedFuture(
              new IdentityException("the environment variable " + variable + " is not set"))
          : Future.succeededFuture(text);
    });
  }

  /**
   * From a function that gives text: an identity or a bundle. Called for every load, on the caller's
   * thread.
   *
   * @param text gets the event log's name; must not block. What it throws fails the load
   */
  static IdentitySource text(Function<String, Future<String>> text) {
    return new TextSource("what the identity function gave", text);
  }
}
