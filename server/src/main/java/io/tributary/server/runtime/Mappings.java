package io.tributary.server.runtime;

import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.RegistryException;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Where keys lead, remembered for {@link #FRESH_MS} so that not each write asks the storage. */
final class Mappings {
  /** With the sessions' own interval this keeps within the 5 s that a removal may take to be seen. */
  static final long FRESH_MS = 2_000;

  private static final int MOST = 100_000;

  private final Vertx vertx;
  private final Storage storage;
  private final ConcurrentHashMap<Key, StoreKey.Plain> fresh = new ConcurrentHashMap<>();

  private record Key(String tenant, String publicKey) {}

  Mappings(Vertx vertx, Storage storage) {
    this.vertx = vertx;
    this.storage = storage;
  }

  /**
   * The store a key leads to.
   *
   * @return completes on the caller's context; fails with {@link RequestRefusedException}
   */
  Future<StoreKey.Plain> resolve(String tenant, String publicKey) {
    Key key = new Key(tenant, publicKey);
    StoreKey.Plain known = fresh.get(key);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    StoreRegistry registry = storage.registry();
    return registry
        .resolve(tenant, publicKey, StoreRegistry.DEFAULT_STORE)
        .compose(store -> registry
            .binding(tenant, publicKey)
            .compose(bound -> unlessBound(bound, new StoreKey.Plain(tenant, store))))
        .onSuccess(store -> remember(key, store))
        .recover(failure -> Future.failedFuture(refusal(failure)));
  }

  private static Future<StoreKey.Plain> unlessBound(Optional<byte[]> bound, StoreKey.Plain store) {
    return bound.isEmpty()
        ? Future.succeededFuture(store)
        : Future.failedFuture(new RequestRefusedException(
            ErrorCode.Unauthorized,
            "the key is bound to a signing key, which this wire lacks",
            null));
  }

  private void remember(Key key, StoreKey.Plain store) {
    if (fresh.size() < MOST && fresh.put(key, store) == null) {
      vertx.setTimer(FRESH_MS, id -> fresh.remove(key));
    }
  }

  private static RequestRefusedException refusal(Throwable failure) {
    if (failure instanceof RequestRefusedException refused) {
      return refused;
    }
    return failure instanceof RegistryException no
            && no.reason() == RegistryException.Reason.NOT_MAPPED
        ? new RequestRefusedException(
            ErrorCode.InvalidRequest, "no store in the clear is mapped to this key", null)
        : new RequestRefusedException(
            ErrorCode.InternalServerError, "the store could not be looked up", failure);
  }
}
