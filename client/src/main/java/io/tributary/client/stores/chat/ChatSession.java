package io.tributary.client.stores.chat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/**
 * What is known of a session.
 *
 * @param sessionId its name
 * @param last the greatest sequence there was
 * @param count how many messages are shown
 */
record ChatSession(String sessionId, long last, long count) {
  static ChatSession of(byte[] row) {
    JsonObject json = new JsonObject(Buffer.buffer(row));
    return new ChatSession(
        json.getString("sessionId"), json.getLong("last"), json.getLong("count"));
  }

  /** The sequence behind one. At the end stays the last: what shares one is told apart by time. */
  static long following(long sequence) {
    return Math.min(sequence + 1, ChatEvent.MAX_SEQUENCE);
  }

  byte[] toRow() {
    return new JsonObject()
        .put("sessionId", sessionId)
        .put("last", last)
        .put("count", count)
        .toBuffer()
        .getBytes();
  }
}
