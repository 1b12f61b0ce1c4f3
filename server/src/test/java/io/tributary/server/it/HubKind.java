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
  /** The npm package's own server, to judge the tests by. Ask for it with {@code -Dtributary.it.hubs=reference}. */
  REFERENCE;

  private static final Map<HubKind, Hub> SHARED = new EnumMap<>(HubKind.class);

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> SHARED.values().forEach(Hub::close), "close shared hubs"));
  }

  /** The kinds to test: {@code memory,file}, or the system property {@code tributary.it.hubs}. */
  static List<HubKind> all() {
    return Arrays.stream(System.getProperty("tributary.it.hubs", "memory,file").split(","))
        .map(name -> valueOf(name.strip().toUpperCase(Locale.ROOT)))
        .toList();
  }

  /** {@link #all} without those that don't keep their data over a restart. */
  static List<HubKind> durable() {
    return all().stream().filter(kind -> kind == FILE).toList();
  }

  /** {@link #all} without those that keep their data over a restart. */
  static List<HubKind> forgetful() {
    return all().stream().filter(kind -> kind == MEMORY).toList();
  }

  /** The provider's name. */
  String provider() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A hub for all tests that don't stop it; they keep apart by identity. It ends with the test JVM. */
  static synchronized Hub shared(HubKind kind) {
    return SHARED.computeIfAbsent(
        kind,
        unused -> kind == REFERENCE
            ? new ReferenceServer()
            : HubProcess.start(HubProcess.Options.of(kind.provider())));
  }
}
