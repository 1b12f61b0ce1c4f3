package io.tributary.client.stores;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.options.OptionsException;
import io.tributary.client.options.OptionsReader;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which stores there are, and how much they keep. Immutable.
 *
 * @param chat of conversations
 * @param artifacts of artifacts
 * @param audit of the audit log
 * @param index of the index of sessions
 * @param cleanup when limits are looked at
 */
public record StoresOptions(
    Chat chat, Artifacts artifacts, Audit audit, Index index, Cleanup cleanup) {
  private static final Duration LONGEST_AGE = Duration.ofDays(36_500);
  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
  private static final Duration LONGEST_INTERVAL = Duration.ofDays(365);
  private static final long MAX_BYTES = 1L << 60;

  /** The defaults: conversations and artifacts are kept, no audit log. */
  public static final StoresOptions DEFAULTS = builder().build();

  /**
   * Of conversations.
   *
   * @param enabled whether there is such a store
   * @param maxEvents newest messages kept of a session; 0 keeps none
   * @param maxAge messages older than that go; zero keeps none; up to 36,500 days
   * @param pageSize how many messages a list has if it names no limit, at least 1
   */
  public record Chat(boolean enabled, long maxEvents, Duration maxAge, int pageSize) {}

  /**
   * Of artifacts.
   *
   * @param enabled whether there is such a store
   * @param maxCount newest artifacts kept of a session; 0 keeps none
   * @param maxBytes bytes of contents kept of a session, newest first; 0 keeps none
   * @param maxAge artifacts older than that go; zero keeps none; up to 36,500 days
   * @param pageSize how many artifacts a list has if it names no limit, at least 1
   */
  public record Artifacts(
      boolean enabled, long maxCount, long maxBytes, Duration maxAge, int pageSize) {}

  /**
   * Of the audit log.
   *
   * @param enabled whether there is such a store
   * @param maxEntries newest entries kept; 0 keeps none
   * @param maxAge entries older than that go; zero keeps none; up to 36,500 days
   */
  public record Audit(boolean enabled, long maxEntries, Duration maxAge) {}

  /**
   * Of the index of sessions.
   *
   * @param pageSize how many sessions a list has if it names no limit, at least 1
   */
  public record Index(int pageSize) {}

  /**
   * When limits of age are looked at.
   *
   * @param enabled whether that is scheduled at all
   * @param interval how often, from 1 s to 365 days
   * @param runOnStart whether opening waits for a first run
   */
  public record Cleanup(boolean enabled, Duration interval, boolean runOnStart) {}

  /**
   * Checks them.
   *
   * @throws OptionsException naming every key that is wrong
   */
  public StoresOptions {
    List<String> problems = new ArrayList<>();
    atLeast(problems, "chat.maxEvents", chat.maxEvents(), 0);
    atLeast(problems, "chat.pageSize", chat.pageSize(), 1);
    age(problems, "chat.maxAge", chat.maxAge());
    atLeast(problems, "artifacts.maxCount", artifacts.maxCount(), 0);
    atLeast(problems, "artifacts.maxBytes", artifacts.maxBytes(), 0);
    atLeast(problems, "artifacts.pageSize", artifacts.pageSize(), 1);
    age(problems, "artifacts.maxAge", artifacts.maxAge());
    atLeast(problems, "audit.maxEntries", audit.maxEntries(), 0);
    age(problems, "audit.maxAge", audit.maxAge());
    atLeast(problems, "index.pageSize", index.pageSize(), 1);
    within(problems, "cleanup.interval", cleanup.interval(), SHORTEST_INTERVAL, LONGEST_INTERVAL);
    if (!problems.isEmpty()) {
      throw new OptionsException(problems);
    }
  }

  /**
   * The first moment that is not too old.
   *
   * @param nowMs Unix milliseconds
   * @param maxAge zero keeps nothing, whatever the clocks of those who wrote it
   */
  public static long oldest(long nowMs, Duration maxAge) {
    return maxAge.isZero() ? Long.MAX_VALUE : nowMs - maxAge.toMillis();
  }

  private static void atLeast(List<String> problems, String key, long value, long least) {
    if (value < least) {
      problems.add(OptionsReader.problem(key, Long.toString(value), least + " or more"));
    }
  }

  private static void age(List<String> problems, String key, Duration value) {
    within(problems, key, value, Duration.ZERO, LONGEST_AGE);
  }

  private static void within(
      List<String> problems, String key, Duration value, Duration min, Duration max) {
    if (!Fields.isWithin(value, min, max)) {
      problems.add(OptionsReader.problem(key, value.toString(), Fields.range(min, max)));
    }
  }

  /**
   * Reads options. All keys may be absent; these are the defaults:
   *
   * <pre>{@code
   * {
   *   "chat": {"enabled": true, "maxEvents": 10000, "maxAge": "30 days", "pageSize": 100},
   *   "artifacts": {"enabled": true, "maxCount": 5000, "maxBytes": 500000000, "maxAge": "90 days",
   *       "pageSize": 100},
   *   "audit": {"enabled": false, "maxEntries": 100000, "maxAge": "180 days"},
   *   "index": {"pageSize": 500},
   *   "cleanup": {"enabled": true, "interval": "1 hour", "runOnStart": false}
   * }
   * }</pre>
   *
   * @throws OptionsException naming every key that is wrong
   */
  public static StoresOptions fromJson(JsonObject json) {
    OptionsReader reader = OptionsReader.of(json);
    StoresOptions options = read(reader);
    reader.done();
    return options;
  }

  /** Reads with others; the caller ends the reading, which tells what is wrong. */
  public static StoresOptions read(OptionsReader reader) {
    return read(Fields.of(reader));
  }

  /**
   * Reads environment variables, by the names and in the forms of the npm package
   * effect-claude-agent-sdk, as {@link #environmentNames} gives them. Other variables are let be.
   *
   * @param environment such as {@link System#getenv()}
   * @param prefix of the names, such as {@code AGENTSDK} for {@code AGENTSDK_STORAGE_CHAT_ENABLED};
   *     empty = none
   * @throws OptionsException naming every variable that is wrong
   */
  public static StoresOptions fromEnvironment(
      Map<String, String> environment, Optional<String> prefix) {
    StoresEnvironment fields =
        new StoresEnvironment(environment, prefix.map(its -> its + "_").orElse(""));
    StoresOptions options = read(fields);
    fields.done();
    return options;
  }

  /** By the keys that {@link #fromJson} reads, as {@code chat.maxAge}: the variables without prefix. */
  public static Map<String, String> environmentNames() {
    return StoresEnvironment.NAMES;
  }

  private static StoresOptions read(Fields fields) {
    StoresOptions defaults = DEFAULTS;
    return new StoresOptions(
        new Chat(
            fields.bool("chat.enabled").orElse(defaults.chat().enabled()),
            fields
                .number("chat.maxEvents", 0, Long.MAX_VALUE)
                .orElse(defaults.chat().maxEvents()),
            age(fields, "chat.maxAge", defaults.chat().maxAge()),
            pageSize(fields, "chat.pageSize", defaults.chat().pageSize())),
        new Artifacts(
            fields.bool("artifacts.enabled").orElse(defaults.artifacts().enabled()),
            fields
                .number("artifacts.maxCount", 0, Long.MAX_VALUE)
                .orElse(defaults.artifacts().maxCount()),
            fields
                .size("artifacts.maxBytes", MAX_BYTES)
                .orElse(defaults.artifacts().maxBytes()),
            age(fields, "artifacts.maxAge", defaults.artifacts().maxAge()),
            pageSize(fields, "artifacts.pageSize", defaults.artifacts().pageSize())),
        new Audit(
            fields.bool("audit.enabled").orElse(defaults.audit().enabled()),
            fields
                .number("audit.maxEntries", 0, Long.MAX_VALUE)
                .orElse(defaults.audit().maxEntries()),
            age(fields, "audit.maxAge", defaults.audit().maxAge())),
        new Index(pageSize(fields, "index.pageSize", defaults.index().pageSize())),
        new Cleanup(
            fields.bool("cleanup.enabled").orElse(defaults.cleanup().enabled()),
            fields
                .duration("cleanup.interval", SHORTEST_INTERVAL, LONGEST_INTERVAL)
                .orElse(defaults.cleanup().interval()),
            fields.bool("cleanup.runOnStart").orElse(defaults.cleanup().runOnStart())));
  }

  private static Duration age(Fields fields, String key, Duration otherwise) {
    return fields.duration(key, Duration.ZERO, LONGEST_AGE).orElse(otherwise);
  }

  private static int pageSize(Fields fields, String key, int otherwise) {
    return fields.number(key, 1, Integer.MAX_VALUE).map(Long::intValue).orElse(otherwise);
  }

  /** Begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private Chat chat = new Chat(true, 10_000, Duration.ofDays(30), 100);
    private Artifacts artifacts = new Artifacts(true, 5_000, 500_000_000, Duration.ofDays(90), 100);
    private Audit audit = new Audit(false, 100_000, Duration.ofDays(180));
    private Index index = new Index(500);
    private Cleanup cleanup = new Cleanup(true, Duration.ofHours(1), false);

    private Builder() {}

    @CanIgnoreReturnValue
    public Builder chat(Chat chat) {
      this.chat = chat;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder artifacts(Artifacts artifacts) {
      this.artifacts = artifacts;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder audit(Audit audit) {
      this.audit = audit;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder index(Index index) {
      this.index = index;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder cleanup(Cleanup cleanup) {
      this.cleanup = cleanup;
      return this;
    }

    /**
     * The options.
     *
     * @throws OptionsException naming every key that is wrong
     */
    public StoresOptions build() {
      return new StoresOptions(chat, artifacts, audit, index, cleanup);
    }
  }
}
