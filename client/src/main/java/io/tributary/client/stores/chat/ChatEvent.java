package io.tributary.client.stores.chat;

import io.vertx.core.json.JsonObject;

/**
 * A message of a session.
 *
 * @param sessionId the session
 * @param sequence its place there, from 1; messages that replicas appended at the same time can share
 *     one, and so do all from {@link #MAX_SEQUENCE} on
 * @param timestamp when it was written, Unix milliseconds
 * @param source where it came from
 * @param message what was said: any JSON object. Not to be changed
 */
public record ChatEvent(
    String sessionId, long sequence, long timestamp, ChatSource source, JsonObject message) {
  /** The greatest sequence: the last whole number that JavaScript can count to. */
  public static final long MAX_SEQUENCE = (1L << 53) - 1;

  /** For logs: without what was said. */
  @Override
  public String toString() {
    return "ChatEvent[" + sessionId + ", " + sequence + ", " + timestamp + ", " + source.word()
        + "]";
  }
}
