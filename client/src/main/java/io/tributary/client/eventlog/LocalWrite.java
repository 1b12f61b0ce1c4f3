package io.tributary.client.eventlog;

import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;

/** A write that waits for its turn. It is run in a {@link WriteGroup}. */
final class LocalWrite implements Operation {
  final RegisteredEvent<?> event;
  final Key key;
  private final byte[] payload;
  private final Optional<EntryId> above;
  private final Promise<Written> promise;

  LocalWrite(
      RegisteredEvent<?> event,
      String primaryKey,
      byte[] payload,
      Optional<EntryId> above,
      Promise<Written> promise) {
    this.event = event;
    this.key = new Key(event.definition().tag(), primaryKey);
    this.payload = payload;
    this.above = above;
    this.promise = promise;
  }

  static long bytes(String event, String primaryKey, byte[] payload) {
    return payload.length + 3L * (event.length() + primaryKey.length());
  }

  long bytes() {
    return bytes(key.event(), key.primaryKey(), payload);
  }

  Entry entry(EntryId id) {
    return new Entry(id, key.event(), key.primaryKey(), payload);
  }

  /** What its id is to be greater than. */
  Optional<EntryId> above(Optional<EntryId> standing) {
    return standing.isPresent() && above.isPresent()
        ? Optional.of(standing.get().compareTo(above.get()) > 0 ? standing.get() : above.get())
        : standing.or(() -> above);
  }

  void complete(Written written) {
    promise.tryComplete(written);
  }

  @Override
  public Future<Void> run() {
    return Future.failedFuture(new IllegalStateException("a write is run in a group"));
  }

  @Override
  public void fail(Throwable cause) {
    promise.tryFail(cause);
  }
}
