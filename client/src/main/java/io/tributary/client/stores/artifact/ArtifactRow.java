package io.tributary.client.stores.artifact;

import io.tributary.core.model.EntryId;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.EncodeException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is shown of an artifact.
 *
 * @param summary all but the content
 * @param entry the entry that it stands in; null for a plain store
 * @param merged whether its payload is not the entry's own
 */
record ArtifactRow(ArtifactSummary summary, @Nullable EntryId entry, boolean merged) {
  /** Bytes that a row may have. */
  private static final int MAX = 64 << 10;

  ArtifactRow(ArtifactSummary summary, @Nullable EntryId entry, boolean merged) {
    this.summary = summary;
    this.entry = entry;
    this.merged = merged;
  }

  static ArtifactRow of(Artifact artifact, @Nullable EntryId entry, boolean merged) {
    ArtifactRow whole = new ArtifactRow(
        new ArtifactSummary(
            artifact.id(),
            artifact.sessionId(),
            artifact.kind(),
            artifact.toolName(),
            artifact.toolUseId(),
            artifact.hookEvent(),
            artifact.contentType(),
            artifact.size(),
            artifact.createdAt(),
            artifact.metadata()),
        entry,
        merged);
    return whole.fits() ? whole : whole.bare();
  }

  /** What others wrote can be more, or deeper, or odder than JSON can be read again. */
  private boolean fits() {
    try {
      byte[] row = toRow();
      if (row.length > MAX) {
        return false;
      }
      ArtifactRow unused = of(row);
      return true;
    } catch (EncodeException | DecodeException e) {
      return false;
    }
  }

  private ArtifactRow bare() {
    return new ArtifactRow(
        new ArtifactSummary(
            summary.id(),
            summary.sessionId(),
            summary.kind(),
            null,
            null,
            null,
            null,
            summary.size(),
            summary.createdAt(),
            null),
        entry,
        merged);
  }

  static ArtifactRow of(byte[] row) {
    JsonObject json = new JsonObject(Buffer.buffer(row));
    String entry = json.getString("entry");
    String kind = json.getString("kind");
    return new ArtifactRow(
        new ArtifactSummary(
            json.getString("id"),
            json.getString("sessionId"),
            List.of(Artifact.Kind.values()).stream()
                .filter(its -> its.word().equals(kind))
                .findFirst()
                .orElseThrow(),
            json.getString("toolName"),
            json.getString("toolUseId"),
            json.getString("hookEvent"),
            json.getString("contentType"),
            json.getLong("size"),
            json.getLong("createdAt"),
            json.getJsonObject("metadata")),
        entry == null ? null : EntryId.of(UUID.fromString(entry)),
        json.getBoolean("merged"));
  }

  byte[] toRow() {
    EntryId its = entry;
    return new JsonObject()
        .put("id", summary.id())
        .put("sessionId", summary.sessionId())
        .put("kind", summary.kind().word())
        .put("toolName", summary.toolName())
        .put("toolUseId", summary.toolUseId())
        .put("hookEvent", summary.hookEvent())
        .put("contentType", summary.contentType())
        .put("size", summary.size())
        .put("createdAt", summary.createdAt())
        .put("metadata", summary.metadata())
        .put("entry", its == null ? null : its.toUuid().toString())
        .put("merged", merged)
        .toBuffer()
        .getBytes();
  }
}
