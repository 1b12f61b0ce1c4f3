package io.tributary.client.stores.chat;

import java.util.Locale;

/** Where a message came from. */
public enum ChatSource {
  /** The runtime's own output. */
  SDK,
  /** A conversation that was replayed. */
  REPLAY,
  /** From outside, such as a user's input. */
  EXTERNAL;

  /** Its word in payloads. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
