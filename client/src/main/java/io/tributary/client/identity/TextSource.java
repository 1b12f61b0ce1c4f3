package io.tributary.client.identity;

import io.tributary.core.crypto.Identity;
import io.vertx.core.Future;
import java.util.function.Function;

/** Identities from somewhere that has an identity or a bundle as text. */
final class TextSource implements IdentitySource {
  private final String where;
  private final Function<String, Future<String>> texts;

  /** @param where for people */
  TextSource(String where, Function<String, Future<String>> texts) {
    this.where = where;
    this.texts = texts;
  }

  @Override
  public Future<Identity> load(String log) {
    Future<String> text;
    try {
      text = texts.apply(log);
    } catch (Exception | LinkageError e) {
      return Future.failedFuture(e);
    }
    if (text == null) {
      return Future.failedFuture(new IdentityException(where + " is no future"));
    }
    return text.map(word -> identity(where, log, word));
  }

  /** The identity of a log, in words about where it was looked for. */
  static Identity identity(String where, String log, String text) {
    IdentityBundle bundle = bundle(where, text);
    return bundle.find(log).orElseThrow(() -> new IdentityException(missing(where, log, bundle)));
  }

  static IdentityBundle bundle(String where, String text) {
    if (text == null || text.isBlank()) {
      throw new IdentityException(where + " is empty");
    }
    try {
      return IdentityBundle.decode(text.strip());
    } catch (IdentityException e) {
      throw new IdentityException(where + ": " + e.getMessage());
    }
  }

  static String missing(String where, String log, IdentityBundle bundle) {
    return where
        + " has no identity for the event log "
        + log
        + ", only for "
        + String.join(", ", bundle.logs());
  }
}
