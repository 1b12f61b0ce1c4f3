package io.tributary.client.stores.artifact;

import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.stores.Payloads;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The events of artifacts, as all replicas write them. */
public final class ArtifactEvents {
  /** An artifact; its key is {@code sessionId:id}. */
  public static final EventDefinition<Artifact> ARTIFACT_RECORD = EventDefinition.of(
      "artifact_record", new RecordCodec(), artifact -> key(artifact.sessionId(), artifact.id()));

  /** That one was deleted; its key is {@code sessionId:id}. */
  public static final EventDefinition<ArtifactDelete> ARTIFACT_DELETED = EventDefinition.of(
      "artifact_deleted", new DeleteCodec(), delete -> key(delete.sessionId(), delete.id()));

  /** All of them. */
  public static final EventGroup GROUP = EventGroup.named("artifacts")
      .event(ARTIFACT_RECORD)
      .event(ARTIFACT_DELETED)
      .build();

  private ArtifactEvents() {}

  /** Adds the group to an event log; what is no artifact is recorded as failed. */
  public static void register(EventLogOptions.Builder log) {
    log.group(GROUP);
    log.handle(
        ARTIFACT_RECORD, (artifact, entry, conflicts) -> Future.succeededFuture(artifact.id()));
    log.handle(ARTIFACT_DELETED, (delete, entry, conflicts) -> Future.succeededFuture(delete.id()));
  }

  static String key(String sessionId, String id) {
    return sessionId + ":" + id;
  }

  private static final class RecordCodec implements PayloadCodec<Artifact> {
    @Override
    public byte[] encode(Artifact artifact) {
      JsonObject fields = new JsonObject()
          .put("id", artifact.id())
          .put("sessionId", artifact.sessionId())
          .put("kind", artifact.kind().word());
      put(fields, "toolName", artifact.toolName());
      put(fields, "toolUseId", artifact.toolUseId());
      put(fields, "hookEvent", artifact.hookEvent());
      put(fields, "contentType", artifact.contentType());
      fields.put("encoding", artifact.encoding().word()).put("content", artifact.content());
      put(fields, "sizeBytes", artifact.sizeBytes());
      fields.put("createdAt", artifact.createdAt());
      put(fields, "metadata", artifact.metadata());
      return PayloadCodec.json().encode(fields);
    }

    private static void put(JsonObject fields, String field, @Nullable Object value) {
      if (value != null) {
        fields.put(field, value);
      }
    }

    @Override
    public Artifact decode(byte[] bytes) {
      Payloads fields = Payloads.of(PayloadCodec.json().decode(bytes));
      OptionalLong size = fields.optionalWhole("sizeBytes");
      if (size.isPresent() && size.getAsLong() < 0) {
        throw new PayloadException(
            "sizeBytes: found " + size.getAsLong() + ", allowed is 0 or more");
      }
      return new Artifact(
          fields.name("id"),
          fields.name("sessionId"),
          fields.oneOf("kind", List.of(Artifact.Kind.values()), Artifact.Kind::word),
          fields.optionalText("toolName").orElse(null),
          fields.optionalText("toolUseId").orElse(null),
          fields.optionalText("hookEvent").orElse(null),
          fields.optionalText("contentType").orElse(null),
          fields.oneOf("encoding", List.of(Artifact.Encoding.values()), Artifact.Encoding::word),
          fields.text("content"),
          size.isPresent() ? size.getAsLong() : null,
          fields.millis("createdAt"),
          fields.optionalObject("metadata").orElse(null));
    }
  }

  private static final class DeleteCodec implements PayloadCodec<ArtifactDelete> {
    @Override
    public byte[] encode(ArtifactDelete delete) {
      return PayloadCodec.json()
          .encode(new JsonObject()
              .put("id", delete.id())
              .put("sessionId", delete.sessionId())
              .put("deletedAt", delete.deletedAt()));
    }

    @Override
    public ArtifactDelete decode(byte[] bytes) {
      Payloads fields = Payloads.of(PayloadCodec.json().decode(bytes));
      return new ArtifactDelete(
          fields.name("id"), fields.name("sessionId"), fields.millis("deletedAt"));
    }
  }
}
