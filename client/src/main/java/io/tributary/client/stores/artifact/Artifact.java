package io.tributary.client.stores.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An artifact with its content. Make one with {@link #text} or {@link #bytes}. Immutable, as long as
 * nobody changes its metadata.
 *
 * @param id its name, unique in its session
 * @param sessionId the session
 * @param kind what it is
 * @param toolName the tool it is from, if one
 * @param toolUseId that use of it
 * @param hookEvent the hook it is from, if one
 * @param contentType its media type, if known
 * @param encoding how {@code content} stands for bytes
 * @param content its content
 * @param sizeBytes bytes of the content, if its author said so; not negative
 * @param createdAt Unix milliseconds
 * @param metadata anything else
 */
public record Artifact(
    String id,
    String sessionId,
    Kind kind,
    @Nullable String toolName,
    @Nullable String toolUseId,
    @Nullable String hookEvent,
    @Nullable String contentType,
    Encoding encoding,
    String content,
    @Nullable Long sizeBytes,
    long createdAt,
    @Nullable JsonObject metadata) {
  /** What an artifact is. */
  public enum Kind {
    FILE,
    TOOL_RESULT,
    SUMMARY,
    IMAGE,
    OTHER;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How text stands for bytes. */
  public enum Encoding {
    UTF8,
    BASE64;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public Artifact(
      String id,
      String sessionId,
      Kind kind,
      @Nullable String toolName,
      @Nullable String toolUseId,
      @Nullable String hookEvent,
      @Nullable String contentType,
      Encoding encoding,
      String content,
      @Nullable Long sizeBytes,
      long createdAt,
      @Nullable JsonObject metadata) {
    this.id = id;
    this.sessionId = sessionId;
    this.kind = kind;
    this.toolName = toolName;
    this.toolUseId = toolUseId;
    this.hookEvent = hookEvent;
    this.contentType = contentType;
    this.encoding = encoding;
    this.content = content;
    this.sizeBytes = sizeBytes;
    this.createdAt = createdAt;
    this.metadata = metadata;
  }

  /** Begins an artifact of text. */
  public static Builder text(String sessionId, String id, Kind kind, String content) {
    return new Builder(sessionId, id, kind, Encoding.UTF8, content);
  }

  /** Begins an artifact of bytes. */
  public static Builder bytes(String sessionId, String id, Kind kind, byte[] content) {
    return new Builder(
        sessionId, id, kind, Encoding.BASE64, Base64.getEncoder().encodeToString(content));
  }

  /**
   * Its content as bytes.
   *
   * @throws IllegalArgumentException if it is said to be base64 and isn't
   */
  public Buffer contentBytes() {
    return Buffer.buffer(
        encoding == Encoding.UTF8
            ? content.getBytes(StandardCharsets.UTF_8)
            : Base64.getMimeDecoder().decode(content));
  }

  /** Bytes of the content: as its author said, or else of the text that stands for it. */
  public long size() {
    return sizeBytes != null ? sizeBytes : content.getBytes(StandardCharsets.UTF_8).length;
  }

  /** For logs: without the content. */
  @Override
  public String toString() {
    return "Artifact[" + sessionId + ", " + id + ", " + kind.word() + ", " + size() + " bytes]";
  }

  /** Collects the parts of an artifact. Not thread-safe. */
  public static final class Builder {
    private final String sessionId;
    private final String id;
    private final Kind kind;
    private final Encoding encoding;
    private final String content;
    private @Nullable String toolName;
    private @Nullable String toolUseId;
    private @Nullable String hookEvent;
    private @Nullable String contentType;
    private @Nullable Long sizeBytes;
    private @Nullable JsonObject metadata;

    private Builder(String sessionId, String id, Kind kind, Encoding encoding, String content) {
      this.sessionId = sessionId;
      this.id = id;
      this.kind = kind;
      this.encoding = encoding;
      this.content = content;
    }

    @CanIgnoreReturnValue
    public Builder toolName(String toolName) {
      this.toolName = toolName;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder toolUseId(String toolUseId) {
      this.toolUseId = toolUseId;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder hookEvent(String hookEvent) {
      this.hookEvent = hookEvent;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder contentType(String contentType) {
      this.contentType = contentType;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder sizeBytes(long sizeBytes) {
      this.sizeBytes = sizeBytes;
      return this;
    }

    @CanIgnoreReturnValue
    public Builder metadata(JsonObject metadata) {
      this.metadata = metadata.copy();
      return this;
    }

    /** The artifact, made at that time: Unix milliseconds. */
    public Artifact createdAt(long createdAt) {
      return new Artifact(
          id,
          sessionId,
          kind,
          toolName,
          toolUseId,
          hookEvent,
          contentType,
          encoding,
          content,
          sizeBytes,
          createdAt,
          metadata);
    }
  }
}
