package io.tributary.server.move;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StoreRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one line. Fields may come in any order; unknown and missing ones are errors. */
final class LineParser {
  static final int VERSION = 1;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final Set<String> BYTES = Set.of(
      "dataSetId", "event", "primaryKey", "header", "body", "author", "id", "sha256", "signingKey");

  /** Thrown with what is wrong with the line. */
  static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1L;

    BadLineException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final Map<String, Object> fields;

  private LineParser(Map<String, Object> fields) {
    this.fields = fields;
  }

  /** What the line says. */
  static Line parse(byte[] line) throws BadLineException {
    try (JsonParser json = JSON.createParser(line)) {
      LineParser parser = new LineParser(fields(json));
      Line parsed = parser.line();
      if (!parser.fields.isEmpty()) {
        throw new BadLineException(
            "unknown field " + parser.fields.keySet().iterator().next(), null);
      }
      return parsed;
    } catch (JsonProcessingException e) {
      throw new BadLineException("not valid: " + e.getOriginalMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new BadLineException("not valid: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> fields(JsonParser json) throws IOException, BadLineException {
    Map<String, Object> fields = new HashMap<>();
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw new BadLineException("not a JSON object", null);
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken token = json.nextToken();
      if (token == JsonToken.VALUE_STRING) {
        fields.put(
            name,
            BYTES.contains(name)
                ? json.getBinaryValue(Base64Variants.MIME_NO_LINEFEEDS)
                : json.getText());
      } else if (token == JsonToken.VALUE_NUMBER_INT) {
        fields.put(name, json.getLongValue());
      } else if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
        fields.put(name, token == JsonToken.VALUE_TRUE);
      } else if (token == JsonToken.START_ARRAY) {
        fields.put(name, ids(json));
      } else {
        throw new BadLineException("field " + name + " has a value of the wrong kind", null);
      }
    }
    if (json.nextToken() != null) {
      throw new BadLineException("something follows the JSON object", null);
    }
    return fields;
  }

  private static List<EntryId> ids(JsonParser json) throws IOException, BadLineException {
    List<EntryId> ids = new ArrayList<>();
    for (JsonToken token = json.nextToken();
        token != JsonToken.END_ARRAY;
        token = json.nextToken()) {
      if (token != JsonToken.VALUE_STRING) {
        throw new BadLineException("a list has a value of the wrong kind", null);
      }
      ids.add(id(json.getBinaryValue(Base64Variants.MIME_NO_LINEFEEDS)));
    }
    return List.copyOf(ids);
  }

  private static EntryId id(byte[] bytes) throws BadLineException {
    if (bytes.length != EntryId.SIZE) {
      throw new BadLineException("an id has 16 bytes, not " + bytes.length, null);
    }
    return EntryId.of(bytes);
  }

  private Line line() throws BadLineException {
    String type = take("type", String.class);
    return switch (type) {
      case "header" -> header();
      case "store" -> new Line.Store(storeKey(), atLeast("head", 1));
      case "record" -> new Line.Item(record());
      case "tombstone" ->
        new Line.Item(new Tombstone(atLeast("sequence", 1), id(take("id", byte[].class))));
      case "digest" -> new Line.Digest(storeKey(), sum());
      case "mapping" ->
        new Line.Mapping(new StoreRegistry.Listed(
            new StoreRegistry.Mapping(
                take("tenant", String.class),
                take("publicKey", String.class),
                take("requestedStore", String.class),
                take("store", String.class)),
            take("removed", Boolean.class)));
      case "binding" ->
        new Line.Binding(new StoreRegistry.Binding(
            take("tenant", String.class),
            take("publicKey", String.class),
            take("signingKey", byte[].class)));
      case "outcome" -> outcome();
      case "progress" ->
        new Line.Progress(plainKey(), atLeast("next", 1), atLeast("begun", 0), count("attempt"));
      case "end" ->
        new Line.End(fields.containsKey("lines") || fields.containsKey("sha256") ? sum() : null);
      default ->
        throw new BadLineException("of type " + type + ", which this version doesn't know", null);
    };
  }

  private Line.Header header() throws BadLineException {
    long version = take("version", Long.class);
    if (version != VERSION) {
      throw new BadLineException(
          "the file is of version "
              + version
              + ", this one reads version "
              + VERSION
              + (version > VERSION ? ": import it with a newer one" : ""),
          null);
    }
    byte[] id = take("dataSetId", byte[].class);
    return new Line.Header(DataSetId.parse(HexFormat.of().formatHex(id)));
  }

  private StoredRecord record() throws BadLineException {
    @SuppressWarnings("unchecked")
    List<EntryId> ids = (List<EntryId>) take("ids", List.class);
    long first = atLeast("first", 1);
    if (first > Long.MAX_VALUE - ids.size()) {
      throw new BadLineException("first is " + first + ", which is too great", null);
    }
    NewRecord record = new NewRecord(
        ids,
        RecordKind.of((int) Math.min(Integer.MAX_VALUE, atLeast("kind", 1))),
        optional("event"),
        optional("primaryKey"),
        take("header", byte[].class),
        take("body", byte[].class),
        take("process", Boolean.class),
        optional("author"));
    return new StoredRecord(first, take("committedAt", Long.class), record);
  }

  private Line.Outcome outcome() throws BadLineException {
    StoreKey.Plain store = plainKey();
    EntryId id = id(take("id", byte[].class));
    String state = take("state", String.class);
    String reason = fields.containsKey("reason") ? take("reason", String.class) : null;
    EntryOutcome outcome =
        new EntryOutcome(id, state(state), count("attempts"), take("at", Long.class), reason);
    JournalEntry entry = fields.containsKey("sequence")
        ? new JournalEntry(
            id,
            take("event", byte[].class),
            take("primaryKey", byte[].class),
            new byte[0],
            atLeast("sequence", 1))
        : null;
    return new Line.Outcome(store, outcome, entry);
  }

  /** As a line has it. */
  static String name(EntryOutcome.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static EntryOutcome.State state(String name) throws BadLineException {
    for (EntryOutcome.State state : EntryOutcome.State.values()) {
      if (name(state).equals(name)) {
        return state;
      }
    }
    throw new BadLineException(
        "the state of an outcome is " + name + ", which this version doesn't know", null);
  }

  private int count(String name) throws BadLineException {
    long value = atLeast(name, 0);
    if (value > Integer.MAX_VALUE) {
      throw new BadLineException(name + " is " + value + ", which is too great", null);
    }
    return (int) value;
  }

  private StoreKey.Plain plainKey() throws BadLineException {
    if (storeKey() instanceof StoreKey.Plain plain) {
      return plain;
    }
    throw new BadLineException("only stores in the clear are processed", null);
  }

  private StoreKey storeKey() throws BadLineException {
    String text = take("store", String.class);
    StoreKey store = StoreKey.parse(text);
    if (!store.toString().equals(text)) {
      throw new BadLineException("the key " + text + " is written otherwise: " + store, null);
    }
    return store;
  }

  private Line.Sum sum() throws BadLineException {
    return new Line.Sum(atLeast("lines", 1), take("sha256", byte[].class));
  }

  private long atLeast(String name, long least) throws BadLineException {
    long value = take(name, Long.class);
    if (value < least) {
      throw new BadLineException(name + " is " + value + ", below " + least, null);
    }
    return value;
  }

  private byte @Nullable [] optional(String name) throws BadLineException {
    return fields.containsKey(name) ? take(name, byte[].class) : null;
  }

  private <T> T take(String name, Class<T> type) throws BadLineException {
    Object value = fields.remove(name);
    if (value == null) {
      throw new BadLineException("field " + name + " is missing", null);
    }
    if (!type.isInstance(value)) {
      throw new BadLineException("field " + name + " has a value of the wrong kind", null);
    }
    return type.cast(value);
  }
}
