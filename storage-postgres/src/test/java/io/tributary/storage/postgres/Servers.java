package io.tributary.storage.postgres;

import io.tributary.storage.postgres.PostgresServer.Version;
import java.util.EnumMap;
import java.util.Map;

/** Servers that tests share, which end with the build. */
final class Servers {
  private static final Map<Version, PostgresServer> RUNNING = new EnumMap<>(Version.class);

  private Servers() {}

  /**
   * Where there is a database: the one of the environment's {@code TEST_POSTGRES_URI}, or a server
   * that was started here.
   */
  static synchronized String uri(Version version) {
    String given = System.getenv("TEST_POSTGRES_URI");
    return given != null && version == Version.NEWEST ? given : running(version).uri();
  }

  static synchronized PostgresServer running(Version version) {
    return RUNNING.computeIfAbsent(version, missing -> {
      try {
        PostgresServer server = PostgresServer.start(missing);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
          try {
            server.close();
          } catch (Exception e) {
            System.err.println("not ended: " + e);
          }
        }));
        return server;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    });
  }
}
