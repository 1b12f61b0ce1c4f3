package io.tributary.server.it;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the tests are run against: each storage provider by default. */
enum HubKind {
  MEMORY,
  FILE,
  POSTGRES,
  REDIS,
  /** The npm package's own server, to judge the tests by. Ask for it with {@code -Dtributary.it.hubs=reference}. */
  REFERENCE;

  private static final Map<HubKind, Hub> SHARED = new EnumMap<>(HubKind.class);
  private static final Map<HubKind, Database> DATABASES = new EnumMap<>(HubKind.class);

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(
            () -> {
              SHARED.values().forEach(Hub::close);
              DATABASES.values().forEach(Database::close);
            },
            "close shared hubs"));
  }

  /** The kinds to test: all four providers, or the system property {@code tributary.it.hubs}. */
  static List<HubKind> all() {
    return Arrays.stream(System.getProperty("tributary.it.hubs", "memory,file,postgres,redis")
            .split(","))
        .map(name -> valueOf(name.strip().toUpperCase(Locale.ROOT)))
        .toList();
  }

  /** {@link #all} without those that don't keep their data over a restart. */
  static List<HubKind> durable() {
    return all().stream().filter(kind -> kind == FILE || kind.hasServer()).toList();
  }

  /** {@link #all} that need nothing but the hub, for what has nothing to do with where data is. */
  static List<HubKind> local() {
    return all().stream().filter(kind -> !kind.hasServer()).toList();
  }

  /** {@link #all} that keep their data in a database server. */
  static List<HubKind> withServer() {
    return all().stream().filter(HubKind::hasServer).toList();
  }

  /** {@link #all} without those that keep their data over a restart. */
  static List<HubKind> forgetful() {
    return all().stream().filter(kind -> kind == MEMORY).toList();
  }

  private boolean hasServer() {
    return this == POSTGRES || this == REDIS;
  }

  /** How to run a hub of this kind on data of its own. */
  HubProcess.Options options() {
    return hasServer() ? database(this).hub() : HubProcess.Options.of(provider());
  }

  /** Ends with the test JVM. */
  private static synchronized Database database(HubKind kind) {
    return DATABASES.computeIfAbsent(kind, Database::of);
  }

  /** The provider's name. */
  String provider() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A hub for all tests that don't stop it; they keep apart by identity. It ends with the test JVM. */
  static synchronized Hub shared(HubKind kind) {
    return SHARED.computeIfAbsent(
        kind,
        unused -> kind == REFERENCE ? new ReferenceServer() : HubProcess.start(kind.options()));
  }
}
