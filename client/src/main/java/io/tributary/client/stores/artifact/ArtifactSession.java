package io.tributary.client.stores.artifact;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/**
 * What is known of a session.
 *
 * @param sessionId its name
 * @param count how many artifacts are shown
 * @param bytes of their contents
 */
record ArtifactSession(String sessionId, long count, long bytes) {
  static ArtifactSession of(byte[] row) {
    JsonObject json = new JsonObject(Buffer.buffer(row));
    return new ArtifactSession(
        json.getString("sessionId"), json.getLong("count"), json.getLong("bytes"));
  }

  byte[] toRow() {
    return new JsonObject()
        .put("sessionId", sessionId)
        .put("count", count)
        .put("bytes", bytes)
        .toBuffer()
        .getBytes();
  }

  ArtifactSession with(long moreCount, long moreBytes) {
    return new ArtifactSession(sessionId, count + moreCount, bytes + moreBytes);
  }
}
