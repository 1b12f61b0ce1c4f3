package io.tributary.client.stores.artifact;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * An artifact without its content. What may be absent is, if all together has more than 64 KiB, or can't
 * be JSON: the artifact itself has it.
 *
 * @param id its name, unique in its session
 * @param sessionId the session
 * @param kind what it is
 * @param toolName the tool it is from, if one
 * @param toolUseId that use of it
 * @param hookEvent the hook it is from, if one
 * @param contentType its media type, if known
 * @param size as {@link Artifact#size()}
 * @param createdAt Unix milliseconds
 * @param metadata anything else
 */
public record ArtifactSummary(
    String id,
    String sessionId,
    Artifact.Kind kind,
    @Nullable String toolName,
    @Nullable String toolUseId,
    @Nullable String hookEvent,
    @Nullable String contentType,
    long size,
    long createdAt,
    @Nullable JsonObject metadata) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public ArtifactSummary(
      String id,
      String sessionId,
      Artifact.Kind kind,
      @Nullable String toolName,
      @Nullable String toolUseId,
      @Nullable String hookEvent,
      @Nullable String contentType,
      long size,
      long createdAt,
      @Nullable JsonObject metadata) {
    this.id = id;
    this.sessionId = sessionId;
    this.kind = kind;
    this.toolName = toolName;
    this.toolUseId = toolUseId;
    this.hookEvent = hookEvent;
    this.contentType = contentType;
    this.size = size;
    this.createdAt = createdAt;
    this.metadata = metadata;
  }
}
