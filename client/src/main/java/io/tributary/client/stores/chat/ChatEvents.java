package io.tributary.client.stores.chat;

import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.stores.Payloads;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The events of conversations, as all replicas write them. */
public final class ChatEvents {
  /** A message; its key is {@code sessionId:sequence}. */
  public static final EventDefinition<ChatEvent> CHAT_EVENT = EventDefinition.of(
      "chat_event", new Codec(), event -> event.sessionId() + ":" + event.sequence());

  /** All of them. */
  public static final EventGroup GROUP =
      EventGroup.named("chat").event(CHAT_EVENT).appendOnly().build();

  private ChatEvents() {}

  /** Adds the group to an event log; what is no message is recorded as failed. */
  public static void register(EventLogOptions.Builder log) {
    log.group(GROUP);
    log.handle(CHAT_EVENT, (event, entry, conflicts) -> Future.succeededFuture(event.sequence()));
  }

  private static final class Codec implements PayloadCodec<ChatEvent> {
    @Override
    public byte[] encode(ChatEvent event) {
      return PayloadCodec.json()
          .encode(new JsonObject()
              .put("sessionId", event.sessionId())
              .put("sequence", event.sequence())
              .put("timestamp", event.timestamp())
              .put("source", event.source().word())
              .put("message", event.message()));
    }

    @Override
    public ChatEvent decode(byte[] bytes) {
      Payloads fields = Payloads.of(PayloadCodec.json().decode(bytes));
      long sequence = fields.whole("sequence");
      if (sequence < 0 || sequence > ChatEvent.MAX_SEQUENCE) {
        throw new PayloadException(
            "sequence: found " + sequence + ", allowed is 0 to " + ChatEvent.MAX_SEQUENCE);
      }
      return new ChatEvent(
          fields.name("sessionId"),
          sequence,
          fields.millis("timestamp"),
          fields.oneOf("source", List.of(ChatSource.values()), ChatSource::word),
          fields.object("message"));
    }
  }
}
