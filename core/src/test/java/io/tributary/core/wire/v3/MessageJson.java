package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Messages in the JSON that the golden vectors are written in; also what tests compare. */
final class MessageJson {
  private MessageJson() {}

  static JsonObject of(Message message) {
    if (message instanceof ClientMessage.WriteEntries m) {
      JsonArray entries = new JsonArray();
      for (ClientMessage.SealedItem item : m.entries()) {
        entries.add(new JsonObject()
            .put("entryId", hex(item.entryId()))
            .put("encryptedEntry", hex(item.ciphertext())));
      }
      JsonObject json = tagged("WriteEntries")
          .put("publicKey", m.publicKey())
          .put("id", number(m.id()))
          .put("iv", hex(m.iv()))
          .put("encryptedEntries", entries);
      return m.inOrder() ? json.put("inOrder", true) : json;
    }
    if (message instanceof ClientMessage.WriteEntriesUnencrypted m) {
      JsonArray entries = new JsonArray();
      for (ClientMessage.PlainItem item : m.entries()) {
        entries.add(new JsonObject()
            .put("id", hex(item.id()))
            .put("event", new String(item.event(), StandardCharsets.UTF_8))
            .put("primaryKey", new String(item.primaryKey(), StandardCharsets.UTF_8))
            .put("payload", hex(item.payload())));
      }
      JsonObject json = tagged("WriteEntriesUnencrypted")
          .put("publicKey", m.publicKey())
          .put("id", number(m.id()))
          .put("entries", entries);
      return m.inOrder() ? json.put("inOrder", true) : json;
    }
    if (message instanceof ClientMessage.RequestChanges m) {
      JsonObject json = tagged("RequestChanges")
          .put("publicKey", m.publicKey())
          .put("startSequence", number(m.startSequence()));
      return m.unencrypted() ? json.put("unencrypted", true) : json;
    }
    if (message instanceof ClientMessage.StopChanges m) {
      return tagged("StopChanges").put("publicKey", m.publicKey());
    }
    if (message instanceof ClientMessage.Ping m) {
      return tagged("Ping").put("id", number(m.id()));
    }
    if (message instanceof ClientMessage.Chunked m) {
      return chunk(m.chunk());
    }
    if (message instanceof ServerMessage.Hello m) {
      return tagged("Hello").put("remoteId", hex(m.remoteId()));
    }
    if (message instanceof ServerMessage.Ack m) {
      JsonArray sequences = new JsonArray();
      for (double sequence : m.sequenceNumbers()) {
        sequences.add(number(sequence));
      }
      return tagged("Ack").put("id", number(m.id())).put("sequenceNumbers", sequences);
    }
    if (message instanceof ServerMessage.Changes m) {
      JsonArray entries = new JsonArray();
      for (ServerMessage.SealedChange change : m.entries()) {
        entries.add(new JsonObject()
            .put("sequence", number(change.sequence()))
            .put("iv", hex(change.iv()))
            .put("entryId", hex(change.entryId()))
            .put("encryptedEntry", hex(change.ciphertext())));
      }
      return tagged("Changes").put("publicKey", m.publicKey()).put("entries", entries);
    }
    if (message instanceof ServerMessage.ChangesUnencrypted m) {
      JsonArray entries = new JsonArray();
      for (ServerMessage.PlainChange change : m.entries()) {
        entries.add(new JsonObject()
            .put("remoteSequence", number(change.remoteSequence()))
            .put("entry", entry(change.entry())));
      }
      return tagged("ChangesUnencrypted").put("publicKey", m.publicKey()).put("entries", entries);
    }
    if (message instanceof ServerMessage.Pong m) {
      return tagged("Pong").put("id", number(m.id()));
    }
    if (message instanceof ServerMessage.Refusal m) {
      JsonObject json = tagged("Error")
          .put("requestTag", m.requestTag())
          .put("code", m.code().name())
          .put("message", m.message());
      Double id = m.id();
      if (id != null) {
        json.put("id", number(id));
      }
      return m.publicKey() == null ? json : json.put("publicKey", m.publicKey());
    }
    return chunk(((ServerMessage.Chunked) message).chunk());
  }

  static JsonObject entry(Entry entry) {
    return new JsonObject()
        .put("id", hex(entry.id().toBytes()))
        .put("event", entry.event())
        .put("primaryKey", entry.primaryKey())
        .put("payload", hex(entry.payload()));
  }

  private static JsonObject chunk(Chunk chunk) {
    return tagged("ChunkedMessage")
        .put("id", number(chunk.id()))
        .put("part", new JsonArray().add(number(chunk.index())).add(number(chunk.total())))
        .put("data", hex(chunk.data()));
  }

  private static JsonObject tagged(String tag) {
    return new JsonObject().put("_tag", tag);
  }

  private static JsonObject hex(byte[] bytes) {
    return new JsonObject().put("$hex", HexFormat.of().formatHex(bytes));
  }

  /** As a JSON reader gives it; a string for what JSON has no number for. */
  private static Object number(double value) {
    if (value == Math.rint(value)
        && Math.abs(value) <= 9_007_199_254_740_991.0
        && Double.doubleToRawLongBits(value) != Long.MIN_VALUE) {
      long integer = (long) value;
      return integer == (int) integer ? (Object) (int) integer : (Object) integer;
    }
    return Double.isFinite(value) && value != 0 ? (Object) value : Double.toString(value);
  }
}
