package io.tributary.server.admin;

import io.tributary.core.eventlog.NoPayload;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Payloads that are given as JSON. */
public final class JsonPayload {
  private JsonPayload() {}

  /**
   * As the JavaScript side would write the value; nothing as it writes the payload of no schema.
   *
   * @param json as Vert.x parses it
   * @throws io.tributary.core.eventlog.PayloadException if JavaScript can't hold it
   */
  public static byte[] encode(@Nullable Object json) {
    if (json == null) {
      return PayloadCodec.none().encode(NoPayload.NO_PAYLOAD);
    } else if (json instanceof JsonObject object) {
      return PayloadCodec.json().encode(object);
    } else {
      return PayloadCodec.record(Object.class).encode(json);
    }
  }
}
