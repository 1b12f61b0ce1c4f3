package io.tributary.server.hub;

import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;

/** What the verticles say to each other. Immutable, local, by reference. */
final class Messages {
  static final DeliveryOptions LOCAL =
      new DeliveryOptions().setLocalOnly(true).setCodecName(ByReference.NAME);

  private Messages() {}

  /** Who wants to hear of a write's outcome. */
  record Origin(String address, long session) {}

  /** To a store verticle: writes that came in one turn of a socket's event loop. */
  record Submissions(List<Submission> submissions) {}

  /**
   * To a socket verticle: writes of its sessions that were decided, and feeds that have more. Not
   * changed any more once sent.
   */
  record News(List<Settlement> settlements, Set<StoreKey> advanced) {}

  record Settlement(long session, long token, Outcome outcome) {}

  /** To a store verticle: a session wants to follow a store. */
  record Subscribe(StoreKey store, String address, long session, long subscription) {}

  /** To a store verticle: one session of that socket verticle has stopped following a store. */
  record Unsubscribe(StoreKey store, String address) {}

  /** To a store verticle, which replies: records up to a sequence were removed. */
  record Removed(StoreKey store, long through) {}

  /** To a store verticle: somebody else than its writers has put entries into a store. */
  record Grown(StoreKey store, long head) {}

  /** To a socket verticle, which replies with {@link Sessions}, those with greater numbers. */
  record ListSessions(long after, int max) {}

  /** The sessions of a socket verticle. */
  record Sessions(List<JsonObject> sessions) {}

  /** To a socket verticle, which replies whether there was such a session. */
  record CloseSession(long session) {}

  /** To a socket verticle, which replies: the data has another identity. */
  record Reseeded() {}

  /** To a socket verticle: the answer to {@link Subscribe}. */
  record Subscribed(long session, long subscription, Feed feed) {}

  /** Makes the messages known to the event bus, once per Vert.x instance. */
  static void register(Vertx vertx) {
    try {
      vertx.eventBus().registerCodec(new ByReference());
    } catch (IllegalStateException alreadyRegistered) {
      // Another hub of this Vert.x instance was first.
    }
  }

  private static final class ByReference implements MessageCodec<Object, Object> {
    static final String NAME = "tributary.by-reference";

    @Override
    public void encodeToWire(Buffer buffer, Object message) {
      throw new UnsupportedOperationException("stays in this process");
    }

    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException("stays in this process");
    }

    @Override
    public Object transform(Object message) {
      return message;
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
