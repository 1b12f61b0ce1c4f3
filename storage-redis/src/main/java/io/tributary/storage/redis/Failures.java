package io.tributary.storage.redis;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the server's and the client's errors mean. */
final class Failures {
  static final String CLOSED = "the storage is closed";

  /** What the server says before it has run anything of a script, or of its first write. */
  private static final Set<String> NOTHING_DONE = Set.of(
      "OOM",
      "READONLY",
      "LOADING",
      "MISCONF",
      "BUSY",
      "NOREPLICAS",
      "MASTERDOWN",
      "CLUSTERDOWN",
      "NOAUTH",
      "NOSCRIPT",
      "TRYAGAIN",
      "GONE",
      "RESEEDED",
      "CLOSED",
      "BACK");

  /** 6.2 puts an error within a script into one of its own: {@code ERR … script: 3: -OOM …}. */
  private static final Pattern CODE = Pattern.compile("(?:^|: -)([A-Z]{2,}) ");

  private Failures() {}

  static StorageException closed() {
    return new StorageException(Outcome.NOT_COMMITTED, CLOSED, null);
  }

  /** The word an error reply begins with; of one within a script, that one's. */
  static String code(Throwable e) {
    if (!(e instanceof ErrorType) || isConnectionLoss(e)) {
      return "";
    }
    String code = "";
    Matcher matcher = CODE.matcher(e.getMessage() + " ");
    while (matcher.find()) {
      code = matcher.group(1);
    }
    return code;
  }

  static boolean isConnectionLoss(Throwable e) {
    return !(e instanceof ErrorType error) || error.is("CONNECTION_CLOSED");
  }

  /** What a call on a server fails with. */
  static StorageException of(Throwable e, boolean write, String server) {
    if (e instanceof StorageException known) {
      return known;
    }
    if (isConnectionLoss(e)) {
      return new StorageException(
          write ? Outcome.UNKNOWN : Outcome.NOT_COMMITTED,
          "the connection to " + server + " was lost before the reply",
          e);
    }
    String code = code(e);
    if (code.equals("REJECTED")) {
      return new StorageException(
          Outcome.REJECTED, String.valueOf(e.getMessage()).substring(9), null);
    }
    boolean nothingDone = !write || NOTHING_DONE.contains(code);
    return new StorageException(
        nothingDone ? Outcome.NOT_COMMITTED : Outcome.UNKNOWN, inWords(code, e, server), e);
  }

  /** What an operator can act on. */
  static String inWords(String code, Throwable e, String server) {
    return switch (code) {
      case "OOM" ->
        server + " has no memory left (maxmemory): give it more, or remove entries;"
            + " writes go on by themselves";
      case "READONLY" -> server + " is a replica: point storage.redis.uri at the primary";
      case "LOADING" -> server + " is still loading its data";
      case "MISCONF" ->
        server + " refuses writes because it can't save to its disk: see its log;"
            + " writes go on by themselves once it can";
      case "BUSY" -> server + " is busy with somebody's script";
      case "NOREPLICAS" ->
        server + " refuses writes because it has too few replicas" + " (min-replicas-to-write)";
      case "NOAUTH", "WRONGPASS" ->
        server + " does not accept the user or password in storage.redis.uri";
      case "NOPERM" ->
        server + " does not let the user in storage.redis.uri do what is needed: " + e.getMessage();
      case "GONE" ->
        server + " does not hold the data set any more: put it back, or reseed to go on"
            + " without what is missing";
      case "RESEEDED" ->
        "the data in " + server + " was given another identity by another node:"
            + " start this hub again";
      case "CLOSED", "BACK" ->
        server + " has gone back behind what it had confirmed ("
            + e.getMessage()
            + "): put the newer data back and start the hubs again, or reseed to go"
            + " on without what is missing";
      default -> server + " answered: " + e.getMessage();
    };
  }
}
