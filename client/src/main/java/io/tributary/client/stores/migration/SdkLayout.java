package io.tributary.client.stores.migration;

import io.tributary.client.stores.chat.ChatEvents;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Under which keys the stores of the npm package effect-claude-agent-sdk are.
 *
 * @param chat of conversations
 * @param artifacts of artifacts
 * @param index of the index of sessions
 * @param journals of journals, each of which may have events of all stores
 * @param identities of the identities of journals
 */
public record SdkLayout(
    String chat, String artifacts, String index, List<String> journals, List<String> identities) {
  private static final String PREFIX = "claude-agent-sdk/";
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /** The package's own keys, without a tenant. */
  public static final SdkLayout DEFAULT = of(Optional.empty(), Optional.empty());

  /**
   * The package's keys.
   *
   * @param tenant whose stores; empty for those of no tenant
   * @param prefix the one prefix that a store was given in the place of the package's own; its rows and
   *     its journal are under it. Empty for the package's own
   * @throws IllegalArgumentException if the tenant is no tenant's name, or the prefix is empty
   */
  public static SdkLayout of(Optional<String> tenant, Optional<String> prefix) {
    tenant.ifPresent(name -> {
      if (!TENANT.matcher(name).matches()) {
        throw new IllegalArgumentException("tenant: found " + name
            + ", allowed are 1 to 128 letters, digits, '.', '_' and '-', a letter or digit first");
      }
    });
    prefix.ifPresent(name -> {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("prefix: found nothing, allowed is any other text");
      }
    });
    String suffix = tenant.map(name -> "/tenants/" + name).orElse("");
    if (prefix.isPresent()) {
      String its = prefix.get() + suffix;
      return new SdkLayout(
          its, its, its, List.of(its + "/event-journal"), List.of(its + "/event-log-identity"));
    }
    return new SdkLayout(
        PREFIX + "chat-history" + suffix,
        PREFIX + "artifacts" + suffix,
        PREFIX + "session-index" + suffix,
        List.of(
            PREFIX + "chat-event-journal" + suffix,
            PREFIX + "artifact-event-journal" + suffix,
            PREFIX + "event-journal" + suffix),
        List.of(
            PREFIX + "chat-event-identity" + suffix,
            PREFIX + "artifact-event-identity" + suffix,
            PREFIX + "event-log-identity" + suffix));
  }

  /** The kinds of rows that hold something of their own. */
  enum Row {
    CHAT(ChatEvents.CHAT_EVENT.tag(), "timestamp"),
    ARTIFACT("artifact_record", "createdAt");

    /** The event that would have made it. */
    final String tag;

    /** The field with its time. */
    final String time;

    Row(String tag, String time) {
      this.tag = tag;
      this.time = time;
    }
  }

  /** What kind of row a key may be of; whether it is, its contents tell by its own names. */
  Optional<Row> row(String key) {
    if (key.startsWith(artifacts + "/by-id/")) {
      return Optional.of(Row.ARTIFACT);
    }
    int event = key.lastIndexOf("/event/");
    return event > chat.length()
            && key.startsWith(chat + "/")
            && key.substring(event + 7).matches("[0-9]{1,19}")
        ? Optional.of(Row.CHAT)
        : Optional.empty();
  }

  /** The key of a message. */
  String message(String sessionId, long sequence) {
    return chat + "/" + sessionId + "/event/" + sequence;
  }

  /** The key that is there as long as a session is. */
  String session(String sessionId) {
    return chat + "/" + sessionId + "/meta";
  }

  /** The key of an artifact. */
  String artifact(String id) {
    return artifacts + "/by-id/" + id;
  }

  /** Whether a key may be one of these stores. */
  boolean has(String key) {
    return journals.contains(key)
        || identities.contains(key)
        || key.startsWith(chat + "/")
        || key.startsWith(artifacts + "/")
        || key.startsWith(index + "/");
  }
}
