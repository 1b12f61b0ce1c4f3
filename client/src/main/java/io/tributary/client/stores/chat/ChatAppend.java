package io.tributary.client.stores.chat;

import java.util.OptionalLong;

/**
 * How messages are appended.
 *
 * @param source where they come from
 * @param timestamp when they were written, Unix milliseconds; empty for now
 */
public record ChatAppend(ChatSource source, OptionalLong timestamp) {
  /** Written now, by this runtime. */
  public static final ChatAppend SDK = from(ChatSource.SDK);

  /** Written now, from there. */
  public static ChatAppend from(ChatSource source) {
    return new ChatAppend(source, OptionalLong.empty());
  }

  /** The same, written at that time. */
  public ChatAppend at(long timestamp) {
    return new ChatAppend(source, OptionalLong.of(timestamp));
  }
}
