package io.tributary.server.admin;

import io.tributary.core.model.StoreKey;
import io.tributary.server.retention.Caches;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/** What a running hub adds to its data. Thread-safe. */
public interface LiveHub extends Caches {
  /**
   * The sessions there are, in the order of their ids.
   *
   * @param after to go on after the session of this id; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<JsonObject>> sessions(Optional<SessionId> after, int max);

  /** Closes a session. Returns whether there was one of this id. */
  Future<Boolean> closeSession(SessionId id);

  /** Entries were put into a store otherwise than by its writers. */
  void grown(StoreKey store, long head);

  /**
   * The data has another identity: closes all sessions with 1012, so that peers connect again and are
   * told.
   */
  Future<Void> reseeded();

  /**
   * The id of a session.
   *
   * @param host which of the hub's parts has it, from 0
   * @param number its number there, from 1
   */
  record SessionId(int host, long number) {
    /** Reads the text form, {@code HOST-NUMBER}; empty if it is none. */
    public static Optional<SessionId> parse(String text) {
      if (!text.matches("[0-9]{1,6}-[0-9]{1,18}")) {
        return Optional.empty();
      }
      int dash = text.indexOf('-');
      return Optional.of(new SessionId(
          Integer.parseInt(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1))));
    }

    @Override
    public String toString() {
      return host + "-" + number;
    }
  }
}
