package io.tributary.core.wire.v3;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The golden vectors, recorded from the JavaScript packages. */
public final class Vectors {
  private Vectors() {}

  /**
   * One vector.
   *
   * @param hex null where the frame is too long to be spelled out
   * @param json the value; null for bytes that no peer takes
   * @param expect {@code accept} or {@code reject} for hand-made alternates; null for what a peer
   *     emits
   * @param all everything the file says of it
   */
  public record Vector(
      String name,
      String direction,
      @Nullable String hex,
      @Nullable Object json,
      @Nullable String expect,
      JsonObject all) {
    public byte[] bytes() {
      return HexFormat.of().parseHex(Objects.requireNonNull(hex));
    }

    public JsonObject object() {
      return (JsonObject) Objects.requireNonNull(json);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  public static List<Vector> all() {
    try (InputStream in =
        Objects.requireNonNull(Vectors.class.getResourceAsStream("vectors-v3.json"))) {
      return new JsonArray(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .stream().map(JsonObject.class::cast).map(Vectors::vector).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Vector named(String name) {
    return all().stream().filter(v -> v.name.equals(name)).findFirst().orElseThrow();
  }

  private static Vector vector(JsonObject json) {
    return new Vector(
        json.getString("name"),
        json.getString("direction"),
        json.getString("hex"),
        json.getValue("json"),
        json.getString("expect"),
        json);
  }

  /** The bytes that the file writes as {@code {"$hex": ".."}}. */
  public static byte[] hex(JsonObject bytes) {
    return HexFormat.of().parseHex(bytes.getString("$hex"));
  }
}
