package io.tributary.core.eventlog;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Java objects by way of Jackson's tree, since a map's header needs its number of fields. */
final class RecordCodec<P> implements PayloadCodec<P> {
  private static final ObjectMapper MAPPER = JsonMapper.builder()
      .addModule(new Jdk8Module())
      .addModule(new JavaTimeModule())
      .addModule(ours())
      .defaultPropertyInclusion(
          JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.ALWAYS))
      .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
      .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
      .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
      .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
      .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
      .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
      .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
      .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
      .withCoercionConfig(
          LogicalType.Textual,
          text -> text.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
              .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
              .setCoercion(CoercionInputShape.Float, CoercionAction.Fail))
      .build();

  private static final int MAX_CLASS_NAME = 200;

  private final JavaType type;

  RecordCodec(Class<P> type) {
    this.type = MAPPER.constructType(type);
  }

  @Override
  public byte[] encode(P payload) {
    JsonNode tree;
    try {
      tree = MAPPER.valueToTree(payload);
    } catch (IllegalArgumentException e) {
      throw e.getCause() instanceof JsonProcessingException cause
          ? problem(cause)
          : new PayloadException("can't be mapped: " + shown(e.getClass()));
    }
    return PayloadWriter.write(tree);
  }

  @Override
  public P decode(byte[] bytes) {
    Object plain = PayloadReader.read(bytes);
    if (plain == null) {
      throw new PayloadException("there is none");
    }
    P payload;
    try {
      payload = MAPPER.treeToValue(tree(plain), type);
    } catch (JsonProcessingException e) {
      throw problem(e);
    } catch (RuntimeException e) {
      throw new PayloadException("can't be mapped: " + shown(e.getClass()));
    }
    if (payload == null) {
      throw new PayloadException("there is none");
    }
    return payload;
  }

  private static JsonNode tree(@Nullable Object value) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value == null) {
      return nodes.nullNode();
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode node = nodes.objectNode();
      map.forEach((key, field) -> node.set((String) key, tree(field)));
      return node;
    } else if (value instanceof List<?> list) {
      ArrayNode node = nodes.arrayNode(list.size());
      list.forEach(item -> node.add(tree(item)));
      return node;
    } else if (value instanceof String text) {
      return nodes.textNode(text);
    } else if (value instanceof Boolean bool) {
      return nodes.booleanNode(bool);
    } else if (value instanceof Integer number) {
      return nodes.numberNode(number.intValue());
    } else if (value instanceof Long number) {
      return nodes.numberNode(number.longValue());
    } else if (value instanceof Double number) {
      return nodes.numberNode(number.doubleValue());
    } else if (value instanceof BigInteger number) {
      return nodes.numberNode(number);
    } else if (value instanceof byte[] bytes) {
      return nodes.binaryNode(bytes);
    }
    return nodes.pojoNode(value);
  }

  /** Without the message and the cause, which may quote what was read. */
  private static PayloadException problem(JsonProcessingException e) {
    PayloadException problem;
    if (e instanceof InvalidDefinitionException invalid) {
      problem = new PayloadException(
          "no way to map " + (invalid.getType() == null ? "it" : shown(invalid.getType())));
    } else if (e instanceof ValueInstantiationException refused) {
      Throwable cause = refused.getCause();
      problem = new PayloadException("is refused by "
          + shown(refused.getType())
          + (cause == null ? "" : " with " + shown(cause.getClass())));
    } else if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
      problem = new PayloadException("is not of " + shown(mismatch.getTargetType()));
    } else {
      problem = new PayloadException("can't be mapped: " + shown(e.getClass()));
    }
    if (e instanceof JsonMappingException mapping) {
      List<JsonMappingException.Reference> path = mapping.getPath();
      for (int i = path.size() - 1; i >= 0; i--) {
        JsonMappingException.Reference at = path.get(i);
        problem = at.getFieldName() == null
            ? problem.under(Math.max(0, at.getIndex()))
            : problem.under(at.getFieldName());
      }
    }
    return problem;
  }

  private static String shown(Object type) {
    String name = type instanceof Class<?> c
        ? c.getTypeName()
        : type instanceof JavaType t ? t.getRawClass().getTypeName() : type.toString();
    return name.length() > MAX_CLASS_NAME ? name.substring(0, MAX_CLASS_NAME) : name;
  }

  private static SimpleModule ours() {
    return new SimpleModule()
        .addSerializer(
            Instant.class,
            new Writes<>(Instant.class, (v, gen, provider) -> gen.writeString(iso(v))))
        .addSerializer(
            Date.class, new Writes<>(Date.class, (v, gen, provider) -> gen.writeEmbeddedObject(v)))
        .addSerializer(
            Buffer.class,
            new Writes<>(Buffer.class, (v, gen, provider) -> gen.writeBinary(v.getBytes())))
        .addSerializer(
            JsonObject.class,
            new Writes<>(
                JsonObject.class,
                (v, gen, provider) -> provider.defaultSerializeValue(v.getMap(), gen)))
        .addSerializer(
            JsonArray.class,
            new Writes<>(
                JsonArray.class,
                (v, gen, provider) -> provider.defaultSerializeValue(v.getList(), gen)))
        .addDeserializer(Instant.class, new Reads<>(Instant.class, RecordCodec::instant))
        .addDeserializer(
            Date.class, new Reads<>(Date.class, (p, context) -> Date.from(instant(p, context))))
        .addDeserializer(
            Buffer.class,
            new Reads<>(Buffer.class, (p, context) -> Buffer.buffer(p.getBinaryValue())))
        .addDeserializer(JsonObject.class, new Reads<>(JsonObject.class, (p, context) ->
            (JsonObject) plain(JsonObject.class, p, context)))
        .addDeserializer(JsonArray.class, new Reads<>(JsonArray.class, (p, context) ->
            (JsonArray) plain(JsonArray.class, p, context)));
  }

  private static final DateTimeFormatter JAVASCRIPT =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

  /** As JavaScript writes it, but with what Java has beyond milliseconds. */
  private static String iso(Instant instant) {
    return instant.equals(instant.truncatedTo(ChronoUnit.MILLIS))
        ? JAVASCRIPT.format(instant)
        : instant.toString();
  }

  private static Instant instant(JsonParser p, DeserializationContext context) throws IOException {
    if (p.currentToken() == JsonToken.VALUE_EMBEDDED_OBJECT
        && p.getEmbeddedObject() instanceof Instant instant) {
      return instant;
    }
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      try {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(p.getText(), Instant::from);
      } catch (DateTimeException e) {
        // falls through
      }
    }
    throw MismatchedInputException.from(p, Instant.class, "no time");
  }

  private static Object plain(Class<?> type, JsonParser p, DeserializationContext context)
      throws IOException {
    Object value = JsonCodec.json(context.readValue(p, Object.class));
    if (!type.isInstance(value)) {
      throw MismatchedInputException.from(p, type, "another type");
    }
    return value;
  }

  private interface Write<T> {
    void write(T value, JsonGenerator gen, SerializerProvider provider) throws IOException;
  }

  private interface Read<T> {
    T read(JsonParser p, DeserializationContext context) throws IOException;
  }

  private static final class Writes<T> extends StdSerializer<T> {
    private final transient Write<T> write;

    Writes(Class<T> type, Write<T> write) {
      super(type);
      this.write = write;
    }

    @Override
    public void serialize(T value, JsonGenerator gen, SerializerProvider provider)
        throws IOException {
      write.write(value, gen, provider);
    }
  }

  private static final class Reads<T> extends StdDeserializer<T> {
    private final transient Read<T> read;

    Reads(Class<T> type, Read<T> read) {
      super(type);
      this.read = read;
    }

    @Override
    public T deserialize(JsonParser p, DeserializationContext context) throws IOException {
      return read.read(p, context);
    }
  }
}
