package io.tributary.storage.redis;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node that a test has open, and a plain client beside it. */
final class Opened extends OpenStorage {
  private final Redis plain;

  Opened(JsonObject section) {
    super(new RedisStorageProvider(), section);
    plain = Redis.createClient(vertx, section.getString("uri"));
  }

  static NewRecord record(EntryId id, int bytes) {
    return NewRecord.sealed(id, new byte[12], new byte[bytes]);
  }

  /** Runs a command on the server, past the storage. */
  @CanIgnoreReturnValue
  @Nullable
  Response command(Command command, String... args) {
    Request request = Request.cmd(command);
    for (String arg : args) {
      Request unused = request.arg(arg);
    }
    return send(request);
  }

  /** Sends a request to the server, past the storage. */
  @CanIgnoreReturnValue
  @Nullable
  Response send(Request request) {
    return await(plain.send(request));
  }

  long head(StoreKey store) {
    return await(storage.log().heads(List.of(store))).getOrDefault(store, -1L);
  }

  Map<StoreKey, Long> heads(List<StoreKey> stores) {
    return await(storage.log().heads(stores));
  }

  @Override
  public void close() {
    await(plain.close());
    super.close();
  }
}
