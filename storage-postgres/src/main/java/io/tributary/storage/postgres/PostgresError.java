package io.tributary.storage.postgres;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.pgclient.PgException;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What errors of the server and of connections mean to us. */
final class PostgresError {
  private static final String DISK_FULL = "53100";
  private static final String READ_ONLY = "25006";

  /** Errors and classes of errors after which it is not known what became of the statement. */
  private static final Set<String> UNKNOWN = Set.of("40003", "", "08", "57", "58", "F0", "XX");

  private PostgresError() {}

  /** Whether the same attempt to connect may succeed by waiting. */
  static boolean isUnreachable(Throwable e) {
    if (e instanceof PgException server) {
      String state = state(server);
      return state.startsWith("08") || state.startsWith("53") || state.startsWith("57");
    }
    return !(e instanceof StorageException) && !(e instanceof javax.net.ssl.SSLException);
  }

  /** What became of a statement that was given to a connection. */
  static Outcome outcome(Throwable e) {
    if (!(e instanceof PgException server)) {
      return Outcome.UNKNOWN;
    }
    String state = state(server);
    // The end of the session, an interruption and what the server did not foresee may come between
    // a
    // commit and its announcement. Any other error is an answer to the statement, which was rolled
    // back.
    if (UNKNOWN.contains(state)
        || UNKNOWN.contains(state.substring(0, Math.min(2, state.length())))) {
      return Outcome.UNKNOWN;
    }
    // Data that the server can't take, or too much of it.
    if (state.startsWith("22") || state.startsWith("54")) {
      return Outcome.REJECTED;
    }
    return Outcome.NOT_COMMITTED;
  }

  /** Whether reads go on though writes don't. */
  static boolean isReadOnly(Throwable e) {
    return e instanceof PgException server
        && (state(server).equals(DISK_FULL) || state(server).equals(READ_ONLY));
  }

  /** What is wrong and what an operator can do. */
  static String inWords(PostgresConfig config, Throwable e) {
    String where = "PostgreSQL at " + config.where();
    if (e instanceof PgException server) {
      String state = state(server);
      String said = " (" + server.getErrorMessage() + ")";
      if (state.equals(DISK_FULL)) {
        return where + " has no room left on its disk" + said
            + ": make room there, writes go on by themselves";
      }
      if (state.equals(READ_ONLY)) {
        return where + " takes no writes" + said
            + ": let storage.postgres.uri name the primary, or make it writable";
      }
      if (state.equals("28P01") || state.equals("28000")) {
        return where + " does not let user " + config.server().getUser() + " in" + said
            + ": check user and password in storage.postgres.uri, and the server's pg_hba.conf";
      }
      if (state.equals("3D000")) {
        return where + " does not exist" + said
            + ": create it, or name another one in storage.postgres.uri";
      }
      if (state.equals("42501")) {
        return where + " does not permit that to user " + config.server().getUser() + said
            + ": grant it; docs/storage-postgres.md lists the privileges";
      }
      if (state.startsWith("42")) {
        return where + " lacks what belongs to schema " + config.schema() + said
            + ": were tables or functions removed? Put back a copy, or choose another"
            + " storage.postgres.schema or tablePrefix";
      }
      if (state.startsWith("53")) {
        return where + " is at a limit" + said
            + ": raise it (max_connections, memory), or lower storage.postgres.poolSize";
      }
      if (state.startsWith("57") || state.startsWith("08")) {
        return where + " is starting, stopping or ended the connection" + said
            + ": see to it that it runs";
      }
      return where + " failed: " + server.getErrorMessage() + " (" + state + ")";
    }
    return "can't reach " + where + " (" + reason(e)
        + "): start it or correct storage.postgres.uri";
  }

  private static String reason(Throwable e) {
    if (e instanceof UnknownHostException) {
      return "unknown host";
    }
    if (e instanceof TimeoutException) {
      return "no answer in time";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.replaceAll("\\s+", " ");
  }

  private static String state(PgException e) {
    @Nullable String state = e.getSqlState();
    return state == null ? "" : state;
  }
}
