package io.tributary.client.eventlog;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.NoPayload;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.RegisteredEvent;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryRules;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Takes local writes in, on any thread, as many as may wait. */
final class LocalWrites {
  private static final EntryId ANY = new EntryId(0, 0);

  private final Engine engine;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong waitingBytes = new AtomicLong();

  LocalWrites(Engine engine) {
    this.engine = engine;
  }

  <P> Future<Written> write(EventDefinition<P> event, P payload, Optional<EntryId> above) {
    Optional<RegisteredEvent<?>> registered =
        engine.groups().find(event.tag()).filter(its -> its.definition() == event);
    if (registered.isEmpty()) {
      return unknown(event.tag());
    }
    try {
      return submit(registered.get(), event.primaryKey(payload), event.encode(payload), above);
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
  }

  Future<Written> write(String tag, @Nullable Object payload) {
    Optional<RegisteredEvent<?>> registered = engine.groups().find(tag);
    if (registered.isEmpty()) {
      return unknown(tag);
    }
    try {
      return written(registered.get(), registered.get().definition(), payload);
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
  }

  private <P> Future<Written> written(
      RegisteredEvent<?> registered, EventDefinition<P> event, @Nullable Object payload) {
    if (payload instanceof byte[] bytes) {
      return submit(registered, event.primaryKey(event.decode(bytes)), bytes, Optional.empty());
    }
    if (payload instanceof Buffer buffer) {
      return written(registered, event, buffer.getBytes());
    }
    byte[] bytes;
    if (payload == null) {
      bytes = PayloadCodec.none().encode(NoPayload.NO_PAYLOAD);
    } else if (payload instanceof JsonObject json) {
      bytes = PayloadCodec.json().encode(json);
    } else {
      throw new PayloadException("found a " + payload.getClass().getName()
          + ", allowed are a JsonObject, a Buffer, a byte array or nothing");
    }
    // As the event itself would write it: what it doesn't know is not passed on.
    P decoded = event.decode(bytes);
    return submit(registered, event.primaryKey(decoded), event.encode(decoded), Optional.empty());
  }

  private Future<Written> unknown(String tag) {
    return Future.failedFuture(new UnknownEventException(tag, engine.tags()));
  }

  private Future<Written> submit(
      RegisteredEvent<?> event, String primaryKey, byte[] payload, Optional<EntryId> above) {
    String tag = event.definition().tag();
    Optional<String> problem = EntryRules.problem(
        ANY, utf8(tag), utf8(primaryKey), payload.length, engine.options().maxPayload());
    if (problem.isPresent()) {
      throw new PayloadException(problem.get());
    }
    long bytes = LocalWrite.bytes(tag, primaryKey, payload);
    int writes = waiting.incrementAndGet();
    long all = waitingBytes.addAndGet(bytes);
    boolean alone = writes == 1;
    if (writes > engine.options().maxWaitingWrites()
        || (all > engine.options().maxWaitingBytes() && !alone)) {
      release(bytes);
      return Future.failedFuture(
          new OverloadedException(engine.options().name(), writes - 1, all - bytes));
    }
    Runner runner = engine.runner();
    Runner caller = EventLog.caller(runner);
    Promise<Written> answer = Promise.promise();
    Promise<Written> inner = Promise.promise();
    inner.future().onComplete(done -> {
      release(bytes);
      EventLog.complete(answer, inner.future(), caller, runner);
    });
    LocalWrite write = new LocalWrite(event, primaryKey, payload, above, inner);
    runner.execute(() -> engine.submit(write));
    return answer.future();
  }

  /**
   * Checks what was written elsewhere.
   *
   * @throws UnknownEventException if no group defines its event
   * @throws PayloadException if it breaks the rules for entries
   */
  void check(Entry entry) {
    if (engine.groups().find(entry.event()).isEmpty()) {
      throw new UnknownEventException(entry.event(), engine.tags());
    }
    EntryRules.problem(
            entry.id(),
            utf8(entry.event()),
            utf8(entry.primaryKey()),
            entry.payload().length,
            engine.options().maxPayload())
        .ifPresent(problem -> {
          throw new PayloadException("entry " + entry.id() + ": " + problem);
        });
  }

  private void release(long bytes) {
    waiting.decrementAndGet();
    waitingBytes.addAndGet(-bytes);
  }

  private static byte[] utf8(String text) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new PayloadException("its primary key is no Unicode text: half a surrogate pair");
    }
  }
}
