package io.tributary.storage.redis;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How the server must be set so that a reply means that what it answers is on the disk. */
final class Durability {
  /**
   * By setting. With {@code no-appendfsync-on-rewrite yes} the server does not sync while a child
   * writes a snapshot or a new file.
   */
  private static final Map<String, String> MUST = new LinkedHashMap<>();

  static {
    MUST.put("appendonly", "yes");
    MUST.put("appendfsync", "always");
    MUST.put("no-appendfsync-on-rewrite", "no");
    MUST.put("maxmemory-policy", "noeviction");
  }

  /** What to do on the server. */
  static final String REMEDY =
      "set appendonly yes, appendfsync always, no-appendfsync-on-rewrite no"
          + " and maxmemory-policy noeviction on the server and let the user CONFIG GET them, or choose"
          + " durability: relaxed";

  private Durability() {}

  /** Asks for all of them: 6.2 takes one pattern, and this one is in every name. */
  static Request ask() {
    return Request.cmd(Command.CONFIG).arg("GET").arg("*[pm]e[nm]*");
  }

  /** What is set otherwise, as {@code appendfsync everysec}; empty if nothing is. */
  static String wrong(Response settings) {
    List<String> wrong = new ArrayList<>();
    MUST.forEach((name, must) -> {
      Response found = settings.get(name);
      String value = found == null ? "unknown" : found.toString();
      if (!value.equals(must)) {
        wrong.add(name + " " + value);
      }
    });
    return String.join(", ", wrong);
  }
}
