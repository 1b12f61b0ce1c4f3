package io.tributary.client;

import io.tributary.client.eventlog.Written;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;

/** Brings immutable messages to consumers in this process as they are. */
final class ByReference<T> implements MessageCodec<T, T> {
  private static final String PREFIX = "tributary.client.by-reference.";
  static final DeliveryOptions OPTIONS =
      new DeliveryOptions().setLocalOnly(true).setCodecName(PREFIX + Written.class.getSimpleName());

  private final Class<T> type;

  private ByReference(Class<T> type) {
    this.type = type;
  }

  /** Makes the messages known to the event bus, once per Vert.x instance. */
  static void register(Vertx vertx) {
    register(vertx, WriteEvent.class);
    register(vertx, Written.class);
  }

  private static <T> void register(Vertx vertx, Class<T> type) {
    try {
      var unused = vertx.eventBus().registerDefaultCodec(type, new ByReference<>(type));
    } catch (IllegalStateException alreadyRegistered) {
      // Another replica of this Vert.x instance was first.
    }
  }

  @Override
  public void encodeToWire(Buffer buffer, T message) {
    throw new UnsupportedOperationException("stays in this process");
  }

  @Override
  public T decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("stays in this process");
  }

  @Override
  public T transform(T message) {
    return message;
  }

  @Override
  public String name() {
    return PREFIX + type.getSimpleName();
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
