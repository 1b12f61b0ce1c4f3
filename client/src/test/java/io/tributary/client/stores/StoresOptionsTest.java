package io.tributary.client.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tributary.client.options.OptionsException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoresOptionsTest {
  private static final StoresOptions OTHERS = new StoresOptions(
      new StoresOptions.Chat(false, 1, Duration.ofDays(2), 3),
      new StoresOptions.Artifacts(false, 4, 5 << 20, Duration.ofHours(6), 7),
      new StoresOptions.Audit(true, 8, Duration.ofMinutes(9)),
      new StoresOptions.Index(10),
      new StoresOptions.Cleanup(false, Duration.ofSeconds(11), true));

  private static List<String> problems(Runnable reading) {
    return catchThrowableOfType(OptionsException.class, reading::run).problems();
  }

  @Test
  void theDefaultsAreThoseOfTheDocumentation() {
    assertThat(StoresOptions.fromJson(new JsonObject()))
        .isEqualTo(StoresOptions.DEFAULTS)
        .isEqualTo(StoresOptions.fromEnvironment(Map.of(), Optional.empty()))
        .isEqualTo(new StoresOptions(
            new StoresOptions.Chat(true, 10_000, Duration.ofDays(30), 100),
            new StoresOptions.Artifacts(true, 5_000, 500_000_000, Duration.ofDays(90), 100),
            new StoresOptions.Audit(false, 100_000, Duration.ofDays(180)),
            new StoresOptions.Index(500),
            new StoresOptions.Cleanup(true, Duration.ofHours(1), false)));
  }

  @Test
  void readsEveryKey() {
    JsonObject json = new JsonObject("""
        {
          "chat": {"enabled": false, "maxEvents": 1, "maxAge": "2 days", "pageSize": 3},
          "artifacts": {"enabled": false, "maxCount": 4, "maxBytes": "5 MiB", "maxAge": "PT6H",
              "pageSize": 7},
          "audit": {"enabled": true, "maxEntries": 8, "maxAge": "9 minutes"},
          "index": {"pageSize": 10},
          "cleanup": {"enabled": false, "interval": "11 s", "runOnStart": true}
        }
        """);
    assertThat(StoresOptions.fromJson(json)).isEqualTo(OTHERS);
  }

  private static Map<String, String> environment(String prefix) {
    Map<String, String> environment = new HashMap<>();
    environment.put(prefix + "STORAGE_CHAT_ENABLED", "false");
    environment.put(prefix + "STORAGE_CHAT_MAX_EVENTS", "1");
    environment.put(prefix + "STORAGE_CHAT_MAX_AGE", "2 days");
    environment.put(prefix + "STORAGE_CHAT_PAGE_SIZE", "3");
    environment.put(prefix + "STORAGE_ARTIFACTS_ENABLED", "no");
    environment.put(prefix + "STORAGE_ARTIFACT_MAX_COUNT", "4.0");
    environment.put(prefix + "STORAGE_ARTIFACT_MAX_BYTES", "5242880");
    environment.put(prefix + "STORAGE_ARTIFACT_MAX_AGE", "6 hours");
    environment.put(prefix + "STORAGE_ARTIFACT_PAGE_SIZE", " 7 ");
    environment.put(prefix + "STORAGE_AUDIT_ENABLED", "on");
    environment.put(prefix + "STORAGE_AUDIT_MAX_ENTRIES", "8e0");
    environment.put(prefix + "STORAGE_AUDIT_MAX_AGE", "9 minutes");
    environment.put(prefix + "STORAGE_INDEX_PAGE_SIZE", "10");
    environment.put(prefix + "STORAGE_CLEANUP_ENABLED", "0");
    environment.put(prefix + "STORAGE_CLEANUP_INTERVAL", "11000 millis");
    environment.put(prefix + "STORAGE_CLEANUP_RUN_ON_START", "1");
    return environment;
  }

  @Test
  void readsEveryVariable() {
    Map<String, String> environment = environment("");
    assertThat(StoresOptions.fromEnvironment(environment, Optional.empty())).isEqualTo(OTHERS);
    assertThat(StoresOptions.environmentNames().values())
        .containsExactlyInAnyOrderElementsOf(environment.keySet());
    assertThat(StoresOptions.fromEnvironment(environment("AGENTSDK_"), Optional.of("AGENTSDK")))
        .isEqualTo(OTHERS);
    // Others' are let be.
    assertThat(StoresOptions.fromEnvironment(environment("OTHER_"), Optional.of("AGENTSDK")))
        .isEqualTo(StoresOptions.DEFAULTS);
  }

  @ParameterizedTest
  @CsvSource({
    "chat.enabled, \"yes\"",
    "chat.maxEvents, -1",
    "chat.maxEvents, 1.5",
    "chat.maxAge, \"-1 days\"",
    "chat.maxAge, \"36501 days\"",
    "chat.pageSize, 0",
    "artifacts.enabled, 1",
    "artifacts.maxCount, -1",
    "artifacts.maxBytes, -1",
    "artifacts.maxAge, \"old\"",
    "artifacts.pageSize, 2147483648",
    "audit.enabled, {}",
    "audit.maxEntries, -1",
    "audit.maxAge, \"PT-1S\"",
    "index.pageSize, 0",
    "cleanup.enabled, []",
    "cleanup.interval, \"999 ms\"",
    "cleanup.interval, \"366 days\"",
    "cleanup.runOnStart, \"\"",
    "chat.pages, 1",
    "index, 1",
  })
  void tellsTheKeyOfWhatIsWrong(String key, String value) {
    int dot = key.indexOf('.');
    JsonObject json = new JsonObject(
        dot < 0
            ? "{\"" + key + "\": " + value + "}"
            : "{\"" + key.substring(0, dot) + "\": {\"" + key.substring(dot + 1) + "\": " + value
                + "}}");
    assertThat(problems(() -> {
          StoresOptions unused = StoresOptions.fromJson(json);
        }))
        .singleElement()
        .asString()
        .startsWith(key + ": ")
        .contains("allowed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CHAT_ENABLED=perhaps",
        "CHAT_ENABLED=",
        "CHAT_MAX_EVENTS=-1",
        "CHAT_MAX_EVENTS=1.5",
        "CHAT_MAX_AGE=2 moons",
        "CHAT_MAX_AGE=1000",
        "CHAT_PAGE_SIZE=0",
        "ARTIFACTS_ENABLED=TRUE",
        "ARTIFACT_MAX_COUNT=many",
        "ARTIFACT_MAX_BYTES=-5",
        "ARTIFACT_MAX_AGE=36501 days",
        "ARTIFACT_PAGE_SIZE=0",
        "AUDIT_ENABLED=2",
        "AUDIT_MAX_ENTRIES=1e99",
        "AUDIT_MAX_AGE=Infinity",
        "INDEX_PAGE_SIZE=2147483648",
        "CLEANUP_ENABLED=never",
        "CLEANUP_INTERVAL=10 millis",
        "CLEANUP_RUN_ON_START=maybe",
      })
  void tellsTheVariableThatIsWrong(String setting) {
    String[] parts = setting.split("=", 2);
    assertThat(problems(() -> {
          StoresOptions unused = StoresOptions.fromEnvironment(
              Map.of("ACME_STORAGE_" + parts[0], parts[1]), Optional.of("ACME"));
        }))
        .singleElement()
        .asString()
        .startsWith("ACME_STORAGE_" + parts[0] + ": found \"" + parts[1] + "\", allowed: ");
  }

  @Test
  void tellsAllThatIsWrong() {
    assertThat(problems(() -> {
          StoresOptions unused = StoresOptions.fromEnvironment(
              Map.of("STORAGE_CHAT_ENABLED", "x", "STORAGE_CLEANUP_INTERVAL", "y"),
              Optional.empty());
        }))
        .hasSize(2);
  }
}
