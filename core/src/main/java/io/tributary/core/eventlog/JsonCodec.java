package io.tributary.core.eventlog;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

enum JsonCodec implements PayloadCodec<JsonObject> {
  INSTANCE;

  @Override
  public byte[] encode(JsonObject payload) {
    return PayloadWriter.write(payload);
  }

  @Override
  public JsonObject decode(byte[] bytes) {
    if (json(PayloadReader.read(bytes)) instanceof JsonObject object) {
      return object;
    }
    throw new PayloadException("is not a map");
  }

  static @Nullable Object json(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> fields = new LinkedHashMap<>();
      map.forEach((key, field) -> fields.put((String) key, json(field)));
      return new JsonObject(fields);
    }
    if (value instanceof List<?> list) {
      List<Object> items = new ArrayList<>(list.size());
      list.forEach(item -> items.add(json(item)));
      return new JsonArray(items);
    }
    return value instanceof byte[] bytes ? Buffer.buffer(bytes) : value;
  }
}
